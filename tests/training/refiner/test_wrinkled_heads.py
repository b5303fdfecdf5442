"""Training heads fold where their expression changes, wear real skin, and get light through the mouth's opening."""

import numpy as np
import pytest
from ict_heads import load_head
from render_faces import expression

from cemnet.checkpoint import find_weights
from cemnet.face.basis import FaceBasis
from cemnet.render.refiner.wrinkles import CREASES, crease_strengths
from cemnet.training.heads.head_renderer import Look
from cemnet.training.refiner.wrinkled_heads import (
    FLAT_SIDE,
    CreasedHeadRenderer,
    Creases,
    Skin,
    flat_places,
    light_through,
)
from cemnet.types import Pose

pytestmark = pytest.mark.slow  # heads are drawn before the first test


@pytest.fixture(scope="module")
def heads():
    basis = FaceBasis.load(find_weights("face_basis.safetensors"))
    return CreasedHeadRenderer(load_head(), basis, 256)


def drawn(heads, own=None, skin=None):
    """One calm head that faces the camera, with its own creases."""
    none = np.zeros(2 * len(CREASES), np.float32)
    pose = Pose(np.eye(3), 9.0, np.array([128.0, 132.5, 0.0]))
    look = Look.sample_portrait(np.random.default_rng(1))
    vertices = heads.model.vertices(np.zeros(1), expression())
    return heads.render_creased(vertices, pose, look, Creases(none if own is None else own, none), skin).astype(int)


def test_creases_that_stay_keep_their_depth_and_new_ones_have_another():
    smile, laugh = expression(mouthSmile=0.5), expression(mouthSmile=1.0)
    calm = np.zeros_like(smile)

    def depths(start, goal):
        found = Creases.between(start, goal, (0.3, 1.7), None)
        return found.own, found.fresh

    np.testing.assert_allclose(depths(smile, smile), [0.3 * crease_strengths(smile), 0 * crease_strengths(smile)])
    np.testing.assert_allclose(depths(calm, laugh), [0 * crease_strengths(laugh), 1.7 * crease_strengths(laugh)])
    assert not np.any(depths(laugh, calm))
    assert np.any(depths(smile, laugh)[0])
    assert (depths(smile, laugh)[1] < depths(calm, laugh)[1]).any()


def test_creases_change_the_light_on_the_face_and_leave_the_hair_alone(heads):
    smooth, creased = drawn(heads), drawn(heads, np.ones(2 * len(CREASES), np.float32))
    change = np.abs(creased - smooth).max(-1)
    assert change.max() > 20
    assert not change[20:50].any()


def test_a_painted_skin_is_seen_on_the_face(heads):
    green = np.zeros((FLAT_SIDE, FLAT_SIDE, 3), np.float32)
    green[..., 1] = 0.5
    cheek = drawn(heads, skin=Skin(green))[130:140, 95:105].mean((0, 1))
    assert cheek[1] > 2 * cheek[0] and cheek[1] > 2 * cheek[2]


def test_flat_places_run_from_the_upper_left_to_the_lower_right():
    places = flat_places(4)
    np.testing.assert_allclose(places[0, 0], [-7.5, 7.5])
    np.testing.assert_allclose(places[-1, -1], [7.5, -7.5])


def test_light_falls_off_behind_a_small_opening():
    corners = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    places = np.array([[0.0, 0, -0.1], [0, 0, -2], [0, 0, -8]])
    facing = np.broadcast_to([0.0, 0, 1], places.shape)
    light = light_through(corners, places, facing)
    assert light[0] > light[1] > 3 * light[2] > 0
