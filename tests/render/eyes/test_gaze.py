"""An eyeball turns without its lashes, and lids cover it without squashing it."""

import numpy as np
import pytest
from render_faces import LASH, astronaut_face, astronaut_with_drawn_eyes, expression, eye_pixels, load_renderer

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def face(renderer):
    return astronaut_face(renderer.basis)


@pytest.fixture(scope="module")
def prepared(renderer, face):
    return renderer.prepare(face)


@pytest.fixture(scope="module")
def drawn(renderer):
    return renderer.prepare(astronaut_with_drawn_eyes(renderer.basis))


def test_an_iris_that_looks_down_does_not_drag_lashes_along(renderer, drawn):
    face = drawn.motion.face
    frame = renderer.frame(drawn, face.expression + expression(eyeLookDown=0.7), STILL)
    for eye in drawn.eyes:
        inside = eye.contour.mask(eye.hidden.box, 0) > 0.99
        lashes = np.abs(eye_pixels(drawn, frame, eye) - LASH).max(-1) < 0.1
        assert (lashes & inside).sum() < 0.02 * inside.sum()


def test_an_eyeball_is_covered_and_not_squashed(renderer, prepared, face):
    """In a half blink the visible part of the eye keeps the portrait's own pixels."""
    reference = renderer.frame(prepared, face.expression, STILL)
    half = renderer.frame(prepared, face.expression + expression(eyeBlink=0.4), STILL)
    eye = prepared.eyes[0]
    moved, by_head = prepared.motion.displacements(face.expression + expression(eyeBlink=0.4), STILL)
    row, column = np.round(prepared.canvas.source_points(prepared.landmarks[[145]] - np.array([[0, 3]]))[0][::-1])
    seen = half[int(row) - 1 : int(row) + 1, int(column) - 1 : int(column) + 2]
    own = reference[int(row) - 1 : int(row) + 1, int(column) - 1 : int(column) + 2]
    gaze = moved[list(eye.lids.iris)] - by_head[list(eye.lids.iris)]
    assert np.abs(gaze).max() < 1
    np.testing.assert_allclose(seen, own, atol=0.08)
