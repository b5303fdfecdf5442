"""Faces are compared with their frames and with other people's, whatever recogniser is given."""

import numpy as np
import pytest
import skimage.data
import torch

from cemnet import pipeline
from cemnet.evaluation.picture.identity import MIRRORED, OTHERS, SHOWN, similarity_row, similarity_table
from cemnet.media.pixels import from_uint8
from cemnet.types import Audio


class WhereTheNoseIs:
    """Stands for a recogniser: people differ by how bright their picture is, frames by their landmarks."""

    def embedding(self, image, face):
        across = (face.points[2, 0] - face.points[33, 0]) / (face.points[263, 0] - face.points[33, 0])
        return np.array([1.0, 10 * float(image.mean()), float(across)])


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="module")
def voice(model):
    return pipeline.encode_speech(model, Audio(0.1 * torch.randn(1, 16000), 16000))


@pytest.mark.slow
def test_faces_are_compared_with_their_frames_and_with_other_people(model, voice):
    picture = from_uint8(skimage.data.astronaut())
    portraits = {name: pipeline.face_reference(model, light * picture) for name, light in (("one", 1.0), ("two", 0.7))}
    table = similarity_table(model, portraits, voice, WhereTheNoseIs())
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows) == [MIRRORED, *SHOWN, "speaking", OTHERS]
    assert "in 0 frames no face" in table.note
    assert float(rows["happy"][0]) > 0.99
    assert float(rows["happy"][2]) < float(rows[OTHERS][2])
    assert rows["speaking"][-1] == "100 %"


def test_rows_hold_means_and_the_worst_of_cosine_and_distance():
    first, second = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert similarity_row("some", [(first, first), (first, second)]) == (
        "some", "0.500", "0.000", "0.71", "1.41", "50 %",
    )  # fmt: skip
