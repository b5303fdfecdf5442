"""The refiner is given what changes in a frame, and nothing where nothing moves."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.render.refiner.crop import CROP_HEIGHT, CROP_WIDTH, GRID
from cemnet.render.refiner.inputs import (
    EYE_OPENING,
    LOWER_LANDMARKS,
    NUM_DETAILS,
    NUM_LAYOUT,
    UPPER_LANDMARKS,
    shown_share,
)
from cemnet.render.renderer import FaceRenderer

STILL = np.zeros(3, np.float32)


class Onlooker:
    """Keeps the inputs of the last frame."""

    seen = None

    def paint(self, inputs, moving, /):
        self.seen = inputs


@pytest.fixture(scope="module")
def inputs_of():
    """The inputs of a calm portrait that shows an expression."""
    plain, onlooker = load_renderer(), Onlooker()
    renderer = FaceRenderer(plain.basis, plain.mouth, onlooker)
    prepared = renderer.prepare(astronaut_face(plain.basis, shown=expression()))

    def inputs(shown):
        onlooker.seen = None
        renderer.region(prepared, shown, STILL)
        return onlooker.seen

    return inputs


def test_a_face_at_rest_gives_no_inputs(inputs_of):
    assert inputs_of(expression()) is None


def test_inputs_have_the_sizes_of_the_crop_and_its_grid(inputs_of):
    seen = inputs_of(expression(jawOpen=0.6))
    assert seen.details.shape == (CROP_HEIGHT, CROP_WIDTH, NUM_DETAILS)
    assert seen.layout.shape == (*GRID, NUM_LAYOUT)
    assert seen.share.shape == (CROP_HEIGHT, CROP_WIDTH, 1)
    np.testing.assert_array_equal(seen.expressions[:52], expression(jawOpen=0.6))


def test_the_open_mouth_and_open_eyes_are_marked(inputs_of):
    openings = inputs_of(expression(jawOpen=0.8)).details[..., 4]
    mouth, eyes = openings > 0.9, np.abs(openings - EYE_OPENING) < 0.02
    assert mouth.sum() > 100
    assert np.argwhere(mouth)[:, 0].mean() > np.argwhere(eyes)[:, 0].mean() + 30


def test_creases_that_come_are_furrows_where_the_face_moves(inputs_of):
    folds = inputs_of(expression(browInnerUp=1.0)).details[..., 3]
    assert folds[:70].min() < -0.1
    assert not folds[110:].any()


def test_a_change_is_shown_as_far_as_a_part_of_the_face_moves():
    still = np.zeros(478, np.float32)
    assert shown_share(still) is None
    speaking = still.copy()
    speaking[np.setdiff1d(LOWER_LANDMARKS, UPPER_LANDMARKS)] = 4.0
    share = shown_share(speaking)
    assert share is not None
    assert share[150, 72] > 0.9
    assert share[40, 72] < 0.1
    assert share[0].max() == 0
