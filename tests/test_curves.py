"""Curves ease, and are interpolated between the places where they are known."""

import numpy as np
import pytest
import torch

from cemnet.curves import interpolate_curves, smoothstep


def test_a_smooth_step_rises_from_none_to_all_and_is_flat_at_both_ends():
    step = smoothstep(np.linspace(-1, 2, 301))
    assert step[:101].max() == 0 and step[200:].min() == 1
    assert (np.diff(step) >= 0).all()
    assert step[150] == pytest.approx(0.5)
    assert max(step[101], 1 - step[199]) < 4e-4  # hundredth of a step beside its ends


def test_a_smooth_step_is_the_same_for_arrays_and_tensors():
    places = np.linspace(-0.5, 1.5, 24).reshape(2, 3, 4)
    np.testing.assert_allclose(smoothstep(torch.from_numpy(places)).numpy(), smoothstep(places))


def test_curves_lie_on_straight_lines_between_known_places_and_are_held_outside():
    curves = np.array([[[0.0, 4.0]], [[2.0, 0.0]]])
    found = interpolate_curves(np.array([9.0, 10.0, 12.5, 20.0, 31.0]), [10, 20], curves)
    assert found.shape == (5, 1, 2)
    np.testing.assert_allclose(found[:, 0], [[0, 4], [0, 4], [0.5, 3], [2, 0], [2, 0]])


def test_known_places_keep_their_values():
    curves, places = np.random.default_rng(0).normal(size=(7, 3)), np.array([0, 1, 4, 6, 7, 11, 12])
    np.testing.assert_allclose(interpolate_curves(places, places, curves), curves)
