"""A gain counts as one only where it holds over actors."""

import numpy as np
import pytest

from cemnet.evaluation.faces.benchmark import Score
from cemnet.evaluation.faces.bootstrap import r2_gain


def scores(gains, seed=0):
    total = np.full((len(gains), 1), 10.0)
    error = 5 + 4 * np.random.default_rng(seed).random((len(gains), 1))
    return Score(error - np.array(gains)[:, None], total), Score(error, total)


def test_a_gain_of_every_actor_is_clear_however_different_the_actors_are():
    gain = r2_gain(*scores([0.5] * 20), column=0)
    assert gain.value == pytest.approx(0.05)
    assert gain.low == pytest.approx(0.05)


def test_a_gain_of_one_actor_alone_is_not_clear():
    gain = r2_gain(*scores([4.0] + [0.0] * 19), column=0)
    assert gain.value == pytest.approx(0.02)
    assert gain.low <= 0 < gain.high


def test_a_loss_is_below_zero():
    assert r2_gain(*scores([-0.5, -0.4, -0.6, -0.5]), column=0).high < 0
