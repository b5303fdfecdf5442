"""Fields are unfolded where they fold, and inverted."""

import numpy as np

from cemnet.render.displacement_field import MIN_DETERMINANT, cell_determinants, invert, unfold


def test_a_fold_is_smoothed_away():
    grid = np.zeros((1, 24, 24, 2), np.float32)
    grid[0, 10:14, :, 1] = 30
    unfolded = unfold(grid, (8.0, 8.0))
    assert cell_determinants(grid, (8.0, 8.0)).min() < 0
    assert cell_determinants(unfolded, (8.0, 8.0)).min() >= MIN_DETERMINANT
    assert unfolded.max() > 3


def test_a_uniform_shift_is_inverted_exactly():
    field = np.full((12, 12, 2), 3.0, np.float32)
    np.testing.assert_allclose(invert(field, (8.0, 8.0)), -field, atol=1e-5)
