"""Rates of television are known in every spelling."""

from fractions import Fraction

import pytest

from cemnet.media.containers import exact_rate


@pytest.mark.parametrize(
    ("fps", "exact"),
    [
        (23.976, Fraction(24_000, 1001)),
        (23.98, Fraction(24_000, 1001)),
        (24.0, Fraction(24)),
        (Fraction(2997, 125), Fraction(24_000, 1001)),
        (29.97, Fraction(30_000, 1001)),
        (30_000 / 1001, Fraction(30_000, 1001)),
        (59.94, Fraction(60_000, 1001)),
        (119.88, Fraction(120_000, 1001)),
        (12.5, Fraction(25, 2)),
        (29.9, Fraction(299, 10)),
    ],
)
def test_a_rate_is_the_fraction_that_was_meant(fps, exact):
    assert exact_rate(fps) == exact
