"""A posed eye knows how far its lids close and where its eyeball is carried."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.render.eyes.eye import SkinMotion

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def prepared():
    renderer = load_renderer()
    return renderer.prepare(astronaut_face(renderer.basis))


def posed_eyes(prepared, shown, head=STILL):
    """Both eyes where landmarks alone move: the skin's field stays at rest."""
    field = np.zeros((*prepared.warp.shape, 2), np.float32)
    skin = SkinMotion(prepared.crop, prepared.warp, field, field)
    return [eye.posed(skin, *prepared.motion.displacements(shown, head)) for eye in prepared.eyes]


@pytest.mark.slow
def test_an_eye_at_rest_is_where_the_portrait_has_it(prepared):
    for posed in posed_eyes(prepared, prepared.motion.face.expression):
        np.testing.assert_allclose(posed.lids.upper, posed.eye.contour.upper, atol=1e-3)
        np.testing.assert_allclose(posed.carried.lower, posed.eye.contour.lower, atol=1e-3)
        np.testing.assert_allclose(posed.own.upper, posed.eye.contour.upper, atol=1e-3)
        assert posed.closing == 0
        assert np.abs(posed.gaze).max() < 1e-3


@pytest.mark.slow
def test_an_eye_that_blinks_is_closing_and_one_that_stares_is_not(prepared):
    rest = prepared.motion.face.expression
    assert all(posed.closing == 1 for posed in posed_eyes(prepared, rest + expression(eyeBlink=1)))
    assert all(posed.closing == 0 for posed in posed_eyes(prepared, rest + expression(eyeWide=1)))


def test_a_turning_head_carries_the_eyeball_without_turning_it(prepared):
    moved = posed_eyes(prepared, prepared.motion.face.expression, np.array([0.1, 0, 0], np.float32))
    for posed in moved:
        assert (posed.own.upper - posed.eye.contour.upper)[:, 0].mean() > 3
        assert np.abs(posed.gaze).max() < 1e-3


def test_the_brow_lies_above_the_eye_and_the_cheek_below(prepared):
    for eye in prepared.eyes:
        assert (eye.brow[:, 1] < eye.contour.upper[:, 1]).all()
        assert (eye.cheek[:, 1] > eye.contour.lower[:, 1]).all()
