"""Shoulders sink with a breath; the face and the picture's lower border stay whole."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.face.landmark_indices import OVAL

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis))


def test_no_breath_changes_nothing(renderer, prepared):
    shown = expression(jawOpen=0.4)
    np.testing.assert_array_equal(renderer.frame(prepared, shown, STILL, 0.0), renderer.frame(prepared, shown, STILL))


def test_shoulders_sink_and_the_face_stays(renderer, prepared):
    shown = expression(jawOpen=0.4)
    change = np.abs(renderer.frame(prepared, shown, STILL, -1.0) - renderer.frame(prepared, shown, STILL)).max(-1)
    points = prepared.motion.face.landmarks.points[list(OVAL), :2]
    chin, height = points[:, 1].max(), np.ptp(points[:, 1])
    rows = np.arange(len(change))
    assert change[rows < chin - 1].max() < 0.002  # less than 8 bits show
    below = (rows > chin + 0.2 * height) & (rows < chin + 0.6 * height)
    assert change[below].max() > 0.1


def test_the_field_points_down_by_a_breath_out_and_is_smooth(prepared):
    field = -prepared.chest @ prepared.warp.axes()  # along the face's axes
    assert field[..., 1].min() >= 0 and field[..., 1].max() == pytest.approx(3.2, abs=0.3)
    strain = np.abs(np.diff(field[..., 1], axis=0)).max() / prepared.warp.step[1]
    assert strain < 0.1


def test_a_close_portraits_lower_border_has_no_smear(renderer):
    """Where the picture ends just below the chin shoulders still sink, as their pixels go out of the picture."""
    face = astronaut_face(renderer.basis)
    points = face.landmarks.points
    bottom = round(float(points[:, 1].max() + 0.3 * np.ptp(points[:, 1])))
    image = face.image[:bottom].contiguous()
    cut = renderer.prepare(type(face)(**{**vars(face), "image": image}))
    field = cut.warp.forward(np.zeros((cut.warp.matrices[0].shape[0], 2), np.float32), -cut.chest)
    assert field[0, -1, :, 1].max() > 0.5
    risen = cut.warp.forward(np.zeros((cut.warp.matrices[0].shape[0], 2), np.float32), cut.chest)
    assert np.abs(risen[0, -1, :, 1]).max() < 0.1
