"""Bootstrap intervals on figures whose answers are known."""

import numpy as np
import pytest

from cemnet.evaluation.report.intervals import Interval, resampled_means


def test_an_interval_holds_the_middle_95_percent_of_its_resamples():
    interval = Interval.of(np.concatenate([[0.5], np.linspace(0, 1, 1001)]))
    assert (interval.value, interval.low, interval.high) == pytest.approx((0.5, 0.025, 0.975))
    assert interval.percent() == " 50.0 [2.5, 97.5]"


def test_resamples_that_are_empty_are_left_out_and_an_interval_of_none_is_unknown():
    assert Interval.of(np.array([0.5, np.nan, 0.4, 0.4])).low == pytest.approx(0.4)
    unknown = Interval.of(np.array([0.5, np.nan, np.nan]))
    assert np.isnan([unknown.low, unknown.high]).all()


def test_a_mean_over_more_clips_is_known_better():
    rng = np.random.default_rng(0)
    few, many = (resampled_means(rng.integers(0, 2, count).astype(float)) for count in (50, 5000))
    assert few.low < few.value < few.high
    # The standard error of a share near a half is 0.5 / √n; a 95 % interval is 3.92 of them wide.
    assert few.high - few.low == pytest.approx(3.92 * 0.5 / 50**0.5, rel=0.15)
    assert many.high - many.low == pytest.approx(3.92 * 0.5 / 5000**0.5, rel=0.15)
