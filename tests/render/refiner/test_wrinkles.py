"""Creases appear where a face moves, and are found again wherever a portrait shows the resting face."""

import numpy as np
from render_faces import expression

from cemnet.render.refiner.wrinkles import CREASES, crease_maps, crease_reliefs, crease_strengths


def places(turn: float, size: float) -> np.ndarray:
    """A small picture of the resting face, turned and as many centimetres wide."""
    x, y = np.meshgrid(np.linspace(-size, size, 120), np.linspace(size, -size, 120))
    return np.stack([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y], -1).astype(np.float32)


def test_maps_hold_the_heights_of_creases():
    for seen in (places(0.0, 9.0), places(0.3, 7.0)):
        exact = crease_reliefs(seen)[: len(CREASES)]
        for crease, relief, drawn in zip(CREASES, exact, crease_maps(), strict=True):
            area, heights = drawn.seen_at(seen)
            whole = np.zeros_like(relief)
            whole[area] = heights
            np.testing.assert_allclose(whole, relief, atol=0.08 * crease.depth)


def test_a_picture_without_a_crease_has_nothing_of_it():
    far = places(0.0, 1.0) + np.float32(50)
    for drawn in crease_maps():
        area, heights = drawn.seen_at(far)
        assert heights.size == np.zeros((120, 120))[area].size == 0


def test_faces_crease_where_they_move_and_on_the_side_that_moves():
    assert not crease_strengths(expression()).any()
    left, right = np.split(crease_strengths(expression(mouthSmileLeft=1)), 2)
    assert left.max() > 0.7
    assert not right.any()
    left, right = np.split(crease_strengths(expression(browInnerUp=1)), 2)
    np.testing.assert_array_equal(left, right)


def test_every_crease_is_a_furrow_on_both_sides():
    steps = np.linspace(-9, 9, 181, dtype=np.float32)
    reliefs = crease_reliefs(np.stack(np.meshgrid(steps, steps), -1))
    left, right = np.split(reliefs, 2)
    np.testing.assert_allclose(left, right[:, :, ::-1], atol=1e-5)
    for crease, relief in zip(CREASES, left, strict=True):
        assert -1.2 * crease.depth < relief.min() < -0.4 * crease.depth
