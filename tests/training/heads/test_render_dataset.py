"""Rendered heads come with what was drawn and what the landmarker saw, and can be stored."""

import numpy as np
import pytest
from ict_heads import load_head, load_head_renderer

from cemnet.arkit import EMOTIONS
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker


@pytest.fixture(scope="module")
def model():
    return load_head()


@pytest.fixture(scope="module")
def renderer(model):
    return load_head_renderer(model)


@pytest.mark.slow
def test_strong_reference_heads_show_every_emotion_of_new_people(model, renderer):
    from cemnet.training.heads.render_dataset import strong_reference_heads

    shown = list(strong_reference_heads(model, 2, seed=5))
    assert [(person, emotion) for person, emotion, _ in shown] == [(n, emotion) for n in (0, 1) for emotion in EMOTIONS]
    landmarker = FaceLandmarker(find_face_landmarker())
    for _, _, picture in shown:
        assert picture.shape == (512, 512, 3) and picture.dtype == np.uint8
        assert len(landmarker.detect(picture)) == 1
    calm, happy, other = (picture.astype(int) for _, _, picture in (shown[0], shown[1], shown[8]))
    assert 0.1 < np.abs(calm - happy).mean() < np.abs(calm - other).mean()


@pytest.mark.slow
def test_stored_renders_are_read_as_they_were(model, renderer, tmp_path):
    from cemnet.training.heads.render_dataset import NO_EMOTION, Renders, render_heads

    renders = render_heads(model, FaceLandmarker(find_face_landmarker()), 3, seed=1, emotional_share=0.0)
    assert len(renders) >= 2
    assert (renders.emotion == NO_EMOTION).all()
    renders.save(tmp_path / "renders.npz")
    again = Renders.load(tmp_path / "renders.npz")
    for name, values in vars(renders).items():
        np.testing.assert_array_equal(getattr(again, name), values)
    pose, face = renders.pose(0), renders.landmarks(0)
    centre = pose.translation + pose.scale * (pose.rotation @ [0, 0.5, 8]) * [1, -1, -1]
    assert np.linalg.norm(face.points[:, :2].mean(0) - centre[:2]) < 80
