"""The refiner's crop shows the face upright and of one size, and what is added there appears there in the frame."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.face.landmark_indices import OUTER_EYE_CORNERS
from cemnet.render.refiner.crop import (
    CROP_HEIGHT,
    CROP_ORIGIN,
    CROP_UNIT,
    CROP_WIDTH,
    GRID,
    cells,
    crop_to_canvas,
    crop_to_frame,
    into_crop,
    three_channels,
)
from cemnet.render.refiner.network import add_change


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.mark.slow
@pytest.mark.parametrize("roll", [0.0, 0.6])
def test_what_is_added_in_the_crop_appears_there_in_the_frame(renderer, roll):
    prepared = renderer.prepare(astronaut_face(renderer.basis, roll=roll))
    to_frame = crop_to_frame(prepared.canvas, None)
    dot = np.zeros((CROP_HEIGHT, CROP_WIDTH, 3), np.float32)
    dot[80:100, 60:90] = 0.25
    frame = np.zeros_like(prepared.crop)
    add_change(dot, to_frame, frame)
    seen = into_crop(frame, to_frame)
    np.testing.assert_allclose(seen[85:95, 65:85], 0.25, atol=0.02)
    assert seen[:70].max() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("roll", [0.0, 0.6])
@pytest.mark.parametrize(("row", "column"), [(40, 60), (90, 75), (130, 50)])
def test_a_dot_of_the_crop_is_added_at_its_place_in_the_frame(renderer, roll, row, column):
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression(), roll=roll, scale=1.5))
    to_frame = crop_to_frame(prepared.canvas, None)
    dot, frame = np.zeros((CROP_HEIGHT, CROP_WIDTH, 3), np.float32), np.zeros_like(prepared.crop)
    dot[row - 6 : row + 7, column - 6 : column + 7] = 0.25
    add_change(dot, to_frame, frame)
    weight = frame[..., 0]
    rows, columns = np.indices(weight.shape)
    seen = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    np.testing.assert_allclose(seen, to_frame @ np.array([column, row, 1.0]), atol=0.3)


def test_the_first_pixel_lies_half_a_pixel_inside_the_crop():
    np.testing.assert_allclose(crop_to_canvas(np.array([[-0.5, -0.5]]))[0], CROP_ORIGIN)
    opposite = crop_to_canvas(np.array([[CROP_WIDTH - 0.5, CROP_HEIGHT - 0.5]]))[0]
    np.testing.assert_allclose(opposite - CROP_ORIGIN, [CROP_UNIT * CROP_WIDTH, CROP_UNIT * CROP_HEIGHT])


def test_cells_cover_the_crop_evenly():
    middles = cells().middles
    assert middles.shape[:2] == GRID
    np.testing.assert_allclose(middles.mean((0, 1)), np.array(CROP_ORIGIN) + CROP_UNIT * np.array([72, 96]), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_eyes_are_level_and_at_one_place_whatever_the_portraits_size(renderer, scale):
    picture = np.zeros((int(512 * scale), int(512 * scale), 3), np.float32)
    prepared = renderer.prepare(astronaut_face(renderer.basis, image=picture, roll=0.4, scale=scale))
    moving = np.zeros_like(prepared.crop)
    eyes = prepared.canvas.source_points(prepared.landmarks[list(OUTER_EYE_CORNERS)]) - prepared.canvas.roi[:2]
    size = int(2 * scale) + 1
    for column, row in eyes.round().astype(int):
        moving[row - size : row + size, column - size : column + size] = 1
    seen = into_crop(moving, crop_to_frame(prepared.canvas, None))[..., 0]
    right, left = (np.argwhere(half > 0.3).mean(0) for half in (seen[:, :72], seen[:, 72:]))
    assert abs(right[0] - left[0]) < 3
    assert 40 < left[1] + 72 - right[1] < 110


def test_every_picture_has_three_colours_in_the_crop():
    grey = np.random.default_rng(0).random((4, 5, 1)).astype(np.float32)
    np.testing.assert_array_equal(three_channels(grey), np.repeat(grey, 3, 2))
    assert three_channels(np.zeros((4, 5, 4), np.float32)).shape == (4, 5, 3)
