"""Creases drawn once on the resting face are found again wherever a portrait shows it."""

import numpy as np

from cemnet.render.refiner.wrinkles import CREASES, crease_maps, crease_reliefs


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
