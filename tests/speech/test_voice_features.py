"""Loudness, pitch and timbre are finite, independent of the recording's level, and measured at the right time."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from made_voices import vowel

from cemnet.config import PROSODY_DIM, VOICE_DIM
from cemnet.speech.mel import NUM_MELS
from cemnet.speech.pitch import centred_windows
from cemnet.speech.voice_features import voice_features
from cemnet.types import MOTION_FPS, SAMPLE_RATE


def prosody(waveform: torch.Tensor, num_frames: int) -> torch.Tensor:
    return voice_features(waveform, num_frames)[:, :PROSODY_DIM]


def test_pitch_follows_a_glide_in_octaves():
    hertz = 110.0 * 2 ** np.linspace(0, 1, 2 * SAMPLE_RATE)
    octaves = prosody(vowel(hertz), 50)[:, 2].numpy()
    np.testing.assert_allclose(octaves[2:-2], (np.arange(2, 48) + 0.5) / 50 - 0.5, atol=0.03)


def test_noise_and_silence_are_unvoiced():
    noise = torch.randn(SAMPLE_RATE, generator=torch.Generator().manual_seed(0)) * 0.1
    assert prosody(noise, 25)[:, 3].mean() < 0.1
    assert prosody(torch.zeros(SAMPLE_RATE), 25)[:, 3].sum() == 0


def test_silence_reads_as_silent_and_speech_as_loud():
    waveform = torch.cat([torch.zeros(SAMPLE_RATE), vowel(np.full(SAMPLE_RATE, 150.0)), torch.zeros(SAMPLE_RATE)])
    loudness = prosody(waveform, 75)[:, 0]
    assert loudness[:24].max() < -0.9 and loudness[51:].max() < -0.9
    assert loudness[27:48].abs().max() < 0.05
    assert (prosody(torch.zeros(SAMPLE_RATE), 25)[:, 0] < -0.9).all()


@pytest.mark.parametrize("gain", [0.1, 0.5, 8.0])
def test_prosody_ignores_the_recording_level_except_in_its_level_column(gain):
    waveform = vowel(110.0 * 2 ** np.linspace(0, 1, SAMPLE_RATE)) * torch.linspace(1, 0.05, SAMPLE_RATE)
    quiet, loud = prosody(waveform, 25), prosody(waveform * gain, 25)
    torch.testing.assert_close(quiet[:, [0, 2, 3]], loud[:, [0, 2, 3]], atol=0.02, rtol=0)
    assert ((loud - quiet)[:, 1].mean() > 0) == (gain > 1)


@pytest.mark.parametrize("num_samples", [1, 700, 5_000])
def test_sound_shorter_than_the_frames_asked_for_is_finite(num_samples):
    assert prosody(torch.randn(num_samples), 40).isfinite().all()


def test_timbre_ignores_the_level_and_hears_the_register():
    low, high = (voice_features(vowel(np.full(SAMPLE_RATE, hertz)), 25) for hertz in (120.0, 240.0))
    louder = voice_features(3.0 * vowel(np.full(SAMPLE_RATE, 120.0)), 25)
    torch.testing.assert_close(louder[2:-2, 4:], low[2:-2, 4:], atol=2e-2, rtol=0)
    assert (louder - low)[2:-2, 1].min() > 0.1
    octaves = PROSODY_DIM + 2 * NUM_MELS
    torch.testing.assert_close(high[2:-2, octaves] - low[2:-2, octaves], torch.ones(21), atol=0.02, rtol=0)
    assert high.shape == (25, VOICE_DIM)


def test_noise_is_less_harmonic_than_a_voice():
    hiss = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE)).float()
    harmonicity = VOICE_DIM - 2
    assert voice_features(hiss, 25)[:, harmonicity].mean() < 0.5
    assert voice_features(vowel(np.full(SAMPLE_RATE, 150.0)), 25)[2:-2, harmonicity].mean() > 0.8


@pytest.mark.parametrize("sound", [torch.zeros(5_000), torch.zeros(1), torch.full((900,), 0.5)])
def test_features_of_any_sound_are_finite(sound):
    assert voice_features(sound, 12).isfinite().all()


def power(features: torch.Tensor) -> np.ndarray:
    """The mean square of the sound in each frame's window, from the column of level against full scale."""
    return np.exp(2 * (6 * features[:, 1].double().numpy() - 7))


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_click_is_loudest_in_the_frame_that_it_falls_into(place):
    frame = 12
    click = torch.zeros(SAMPLE_RATE)
    click[round((frame + place) * SAMPLE_RATE / MOTION_FPS)] = 0.9
    features = voice_features(click, 25)
    assert features[:, 1].argmax() == frame
    heard = power(features) - power(features).min()
    centre = (heard * (np.arange(25) + 0.5)).sum() / heard.sum()
    assert centre == pytest.approx(frame + place, abs=0.3)


@pytest.mark.parametrize("low, high", [(120.0, 180.0), (180.0, 120.0), (150.0, 200.0), (220.0, 110.0)])
@pytest.mark.parametrize("place", [0.0, 0.25, 0.75])
def test_a_step_in_pitch_is_found_when_it_happens(low, high, place):
    frame = 12
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    step = np.where(seconds < (frame + place) / MOTION_FPS, low, high)
    octaves = voice_features(vowel(step), 25)[:, PROSODY_DIM + 2 * NUM_MELS].numpy()
    reached = (octaves - np.log2(low / 100)) / np.log2(high / low)
    assert np.abs(reached[2:frame]).max() < 0.05
    assert np.abs(reached[frame + 1 : -2] - 1).max() < 0.05
    assert reached[frame] == pytest.approx(1 - place, abs=0.15)


def test_what_is_heard_in_blocks_is_told_before_more_of_it_is_read(monkeypatch):
    happened = []

    def read_windows(*arguments):
        for block in centred_windows(*arguments):
            happened.append("read")
            yield block

    monkeypatch.setattr("cemnet.speech.voice_features.centred_windows", read_windows)
    monkeypatch.setattr("cemnet.speech.pitch.centred_windows", read_windows)
    monkeypatch.setattr("cemnet.speech.pitch.WINDOWS_AT_ONCE", 20)
    voice_features(torch.zeros(3 * SAMPLE_RATE), 75, each_block=lambda: happened.append("told"))
    assert happened.count("read") == 15 + 4
    assert ("read", "read") not in pairwise(happened)
