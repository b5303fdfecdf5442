"""Thin-plate weights reproduce the points that they move, and the reference implementation of scipy."""

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from cemnet.render.canvas import CANVAS_SIDE
from cemnet.render.thin_plate import thin_plate_coefficients, thin_plate_kernel, thin_plate_plane


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).uniform(0, CANVAS_SIDE, (40, 2)).astype(np.float32)


def influence(points, places):
    return np.concatenate([thin_plate_kernel(places, points), thin_plate_plane(places)], 1)


def test_a_point_without_smoothing_is_moved_alone(points):
    weights = thin_plate_coefficients(points, np.zeros(len(points)), 10)
    np.testing.assert_allclose(influence(points, points) @ weights, np.eye(len(points))[:, :10], atol=1e-6)


def test_all_points_together_move_the_whole_plane(points):
    weights = thin_plate_coefficients(points, np.full(len(points), 5.0), len(points))
    places = np.random.default_rng(1).uniform(-100, CANVAS_SIDE + 100, (30, 2)).astype(np.float32)
    np.testing.assert_allclose((influence(points, places) @ weights).sum(1), 1, atol=1e-6)


def test_weights_are_those_of_scipy(points):
    """scipy smooths by the same diagonal, with the opposite sign where its kernel is not positive definite."""
    smoothing = np.random.default_rng(2).uniform(0.5, 20, len(points))
    places = np.random.default_rng(3).uniform(0, CANVAS_SIDE, (50, 2)).astype(np.float32)
    ours = influence(points, places) @ thin_plate_coefficients(points, smoothing, len(points))
    theirs = RBFInterpolator(points, np.eye(len(points)), smoothing=smoothing, kernel="thin_plate_spline")(places)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
