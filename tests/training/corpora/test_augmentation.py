"""Degraded recordings keep their timing; another pace changes pitch with duration."""

import numpy as np
import pytest

from cemnet.training.corpora.augmentation import add_noise, another_pace, degrade, limit_band, through_mp3
from cemnet.training.corpora.formant_synthesis import synthesise_formants


def test_degraded_recordings_keep_length_and_timing():
    waveform, _ = synthesise_formants("happy", 2.0, np.random.default_rng(2))
    rng = np.random.default_rng(0)
    for degraded in (degrade(waveform, rng), limit_band(waveform, 300, 3400), through_mp3(waveform, 64)):
        assert degraded.shape == waveform.shape
        lag = np.correlate(degraded, waveform[400:-400], "valid").argmax() - 400
        assert abs(lag) < 40
    noisy = add_noise(waveform, 10.0, rng)
    assert 0.1 < (noisy - waveform).std() / waveform.std() < 0.6


def test_another_pace_changes_duration_and_pitch_alike():
    tone = np.sin(np.arange(16_000) * 2 * np.pi * 300 / 16_000).astype(np.float32)
    stretches = []
    for seed in range(4):
        paced = another_pace(tone, np.random.default_rng(seed))
        hertz = np.abs(np.fft.rfft(paced)).argmax() * 16_000 / len(paced)
        stretches.append(len(paced) / len(tone))
        assert hertz * stretches[-1] == pytest.approx(300, rel=0.01)
    assert min(stretches) < 0.97
    assert max(stretches) > 1.03
