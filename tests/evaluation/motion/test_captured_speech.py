"""Curves beside captured ones: lag, size and speed are found where they were put."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.evaluation.motion.captured_speech import captured_tables, likeness, measured_curves, speed_shares
from cemnet.training.networks.feature_clips import generated_clips


def smooth(seed):
    return np.convolve(np.random.default_rng(seed).normal(size=400), np.hanning(9), mode="same")


def test_a_late_and_larger_curve_is_found_late_and_larger():
    captured = smooth(0)
    found = likeness(2 * np.roll(captured, 2), captured)
    assert found.lag_ms == 80 and found.at_lag > 0.99 > found.correlation
    assert found.size == pytest.approx(2, rel=0.02)
    assert likeness(captured, smooth(1)).correlation < 0.3


def test_a_slow_curve_has_slow_velocity():
    seconds = np.arange(500) / 25
    slow, quick = (speed_shares(np.sin(2 * np.pi * hertz * seconds)) for hertz in (0.5, 5.0))
    assert slow[0] > 0.9 and quick[3] > 0.9
    assert slow.sum() == pytest.approx(1)


def test_only_what_was_captured_is_compared():
    (clip,) = generated_clips(1, seed=0)
    expression = torch.rand(75, NUM_EXPRESSIONS)
    known = torch.zeros(NUM_EXPRESSIONS, dtype=torch.bool)
    known[ARKIT_INDEX["jawOpen"]] = True
    clip = type(clip)(**{**clip.__dict__, "expression": expression, "known": known})
    assert list(measured_curves(clip, expression.numpy())) == ["jawOpen", "aperture"]
    curves, speeds = captured_tables([clip], lambda _: expression.numpy())
    assert curves.rows[0][:4] == (clip.name, "jawOpen", "1.00", "+0")
    assert len(speeds.rows) == 2
