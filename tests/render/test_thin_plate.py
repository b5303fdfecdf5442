"""Thin plates move the points that they are told to move, rest where others rest, and shift as a whole."""

import numpy as np
import pytest

from cemnet.render.canvas import CANVAS_SIDE
from cemnet.render.thin_plate import thin_plate_operator


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).uniform(0, CANVAS_SIDE, (40, 2)).astype(np.float32)


def test_a_point_without_smoothing_is_moved_alone(points):
    operator = thin_plate_operator(points, np.zeros(len(points)), 10, points)
    np.testing.assert_allclose(operator, np.eye(10, len(points)), atol=1e-6)


def test_a_smoothed_point_is_followed_less_closely(points):
    close, loose = (
        thin_plate_operator(points, np.full(len(points), smoothing), len(points), points).diagonal()
        for smoothing in (0.5, 2000.0)
    )
    assert (loose < close).all()
    assert close.min() > 0.99


def test_all_points_together_move_the_whole_plane(points):
    places = np.random.default_rng(1).uniform(-100, CANVAS_SIDE + 100, (30, 2)).astype(np.float32)
    operator = thin_plate_operator(points, np.full(len(points), 5.0), len(points), places)
    np.testing.assert_allclose(operator.sum(0), 1, atol=1e-6)
    np.testing.assert_allclose(operator.T @ points, places, atol=1e-3)


def test_three_points_move_the_plane_without_bending_it(points):
    operator = thin_plate_operator(points[:3], np.zeros(3), 3, points)
    edges = np.concatenate([np.ones((3, 1)), points[:3]], 1)
    affine = np.concatenate([np.ones((len(points), 1)), points], 1) @ np.linalg.inv(edges)
    np.testing.assert_allclose(operator.T, affine, atol=1e-4)
