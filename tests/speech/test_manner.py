"""The manner of a voice is heard in its sound and does not depend on how loud the recording is."""

import numpy as np
import pytest
import torch
from made_voices import vowel

from cemnet.config import MANNER_AXES, VOICE_DIM
from cemnet.speech.manner import FURTHEST, manner, measure_manner
from cemnet.speech.mel import num_motion_frames
from cemnet.speech.voice_features import voice_features
from cemnet.types import SAMPLE_RATE

SECONDS = 2.0
SAMPLES = round(SECONDS * SAMPLE_RATE)


def measured(waveform: torch.Tensor) -> dict[str, float]:
    values = measure_manner(voice_features(waveform, num_motion_frames(len(waveform))))
    assert values is not None
    return dict(zip(MANNER_AXES, values, strict=True))


def steady(hertz: float = 150.0) -> torch.Tensor:
    return vowel(np.full(SAMPLES, hertz))


def brighter(waveform: torch.Tensor) -> torch.Tensor:
    """High frequencies raised: the difference from one sample to the next."""
    return torch.diff(waveform, prepend=waveform[:1])


def test_an_octave_higher_is_an_octave_more_pitch():
    assert measured(steady(240.0))["pitch"] - measured(steady(120.0))["pitch"] == pytest.approx(1.0, abs=0.03)


def test_a_pressed_voice_has_more_effort_and_the_same_pitch():
    soft, pressed = measured(steady()), measured(brighter(steady()))
    assert pressed["effort"] > soft["effort"] + 3
    assert pressed["pitch"] == pytest.approx(soft["pitch"], abs=0.02)


def test_a_lively_melody_has_a_wider_range_than_a_flat_one():
    melody = 150 * 2 ** (0.4 * np.sin(2 * np.pi * np.arange(SAMPLES) / SAMPLE_RATE))
    flat, lively = measured(steady()), measured(vowel(melody))
    assert flat["pitch_range"] < 0.05
    assert lively["pitch_range"] == pytest.approx(2 * 0.4 * np.sin(0.4 * np.pi), abs=0.08)  # 10th to 90th percentile


@pytest.mark.parametrize("rate", [3.0, 5.0])
def test_syllables_are_counted(rate):
    swelling = 0.55 - 0.45 * np.cos(2 * np.pi * rate * np.arange(SAMPLES) / SAMPLE_RATE)
    assert measured(steady() * torch.from_numpy(swelling).float())["tempo"] == pytest.approx(rate, abs=0.6)


def test_noise_in_a_voice_is_roughness():
    torch.manual_seed(0)
    assert measured(steady() + 0.05 * torch.randn(SAMPLES))["roughness"] > measured(steady())["roughness"] + 3


def test_manner_does_not_depend_on_the_level_of_the_recording():
    loud, quiet = (manner(voice_features(level * steady(), 50)) for level in (1.0, 0.2))
    torch.testing.assert_close(loud, quiet, atol=0.1, rtol=0)


def test_manner_is_standardised_and_bounded():
    values = manner(voice_features(brighter(brighter(steady(600.0))), 50))
    assert values.shape == (len(MANNER_AXES),)
    assert values.abs().max() == FURTHEST


def test_where_nobody_speaks_the_manner_is_the_mean_one():
    silence = torch.zeros(50, VOICE_DIM)
    assert measure_manner(silence) is None
    assert manner(silence).abs().max() == 0
    assert manner(silence[:0]).shape == (len(MANNER_AXES),)
