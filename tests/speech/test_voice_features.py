"""The sound's measures are those of the published methods, finite, and independent of the recording."""

import librosa
import numpy as np
import pytest
import torch

from cemnet.config import PROSODY_DIM, VOICE_DIM
from cemnet.speech.mel import NUM_MELS, log_mel, mono_16k, num_motion_frames
from cemnet.speech.pitch import pitch_track
from cemnet.speech.voice_features import voice_features
from cemnet.types import SAMPLE_RATE, Audio


def prosody(waveform: torch.Tensor, num_frames: int) -> torch.Tensor:
    return voice_features(waveform, num_frames)[:, :PROSODY_DIM]


def vowel(hertz: np.ndarray, loudness: float = 0.1, seed: int = 0) -> torch.Tensor:
    """A voice-like pulse train (ten harmonics falling off) with a moving pitch, and a little noise."""
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    tone = sum(np.sin(number * phase) / number for number in range(1, 11))
    noise = np.random.default_rng(seed).normal(0, 0.01, len(hertz))
    return torch.from_numpy(loudness * (tone + noise)).float()


def test_log_mel_is_whispers_formula():
    waveform = vowel(np.full(SAMPLE_RATE, 150.0))
    spectrum = librosa.stft(waveform.numpy(), n_fft=400, hop_length=160, pad_mode="reflect")[:, :-1]
    mel = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=400, n_mels=80) @ np.abs(spectrum) ** 2
    decades = np.log10(np.maximum(mel, 1e-10))
    expected = (np.maximum(decades, decades.max() - 8) + 4) / 4
    np.testing.assert_allclose(log_mel(waveform).numpy(), expected, atol=2e-3)


@pytest.mark.parametrize("num_samples", [1, 100, 319, 321, 16_000, 16_001])
def test_log_mel_has_two_frames_for_each_token(num_samples):
    mel = log_mel(torch.randn(num_samples))
    assert mel.shape[1] == 2 * max(2, -(-num_samples // 320))
    assert mel.isfinite().all()


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_resampling_keeps_pitch_and_duration(rate):
    seconds = torch.arange(rate) / rate
    tone = torch.sin(2 * torch.pi * 440 * seconds)
    mono = mono_16k(Audio(tone.expand(2, -1), rate))
    assert abs(mono.shape[0] - SAMPLE_RATE) <= 1
    assert mono.numpy()[1000:-1000].std() == pytest.approx(2**-0.5, abs=0.01)
    assert np.abs(np.fft.rfft(mono.numpy())).argmax() == pytest.approx(440, abs=1)


def test_a_channel_wired_in_reverse_does_not_silence_the_voice():
    tone = torch.sin(torch.arange(16_000) / 20.0)
    assert mono_16k(Audio(torch.stack([tone, -tone]), SAMPLE_RATE)).std() > 0.5


def test_values_that_are_not_numbers_become_silence():
    broken = torch.tensor([[0.1, float("nan"), float("inf"), -0.1]])
    torch.testing.assert_close(mono_16k(Audio(broken, SAMPLE_RATE)), torch.tensor([0.1, 0.0, 0.0, -0.1]))


@pytest.mark.parametrize("hertz", [75.0, 120.0, 220.0, 380.0, 550.0])
def test_pitch_is_found_across_the_range_of_voices(hertz):
    track = pitch_track(vowel(np.full(SAMPLE_RATE, hertz)).numpy(), 100)
    assert track.voiced[5:-5].all()
    np.testing.assert_allclose(track.hertz[5:-5], hertz, rtol=0.02)


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


def test_frames_cover_the_sound():
    assert num_motion_frames(0) == 1
    assert num_motion_frames(640) == 1
    assert num_motion_frames(641) == 2
    assert num_motion_frames(SAMPLE_RATE, fps=30.0) == 30


def test_long_sound_has_the_pitch_of_its_parts():
    voice = vowel(110.0 * 2 ** np.abs(np.sin(np.linspace(0, 40, 40 * SAMPLE_RATE)))).numpy()
    whole = pitch_track(voice, 4_000)
    part = pitch_track(voice[25 * SAMPLE_RATE : 35 * SAMPLE_RATE], 1_000)
    assert whole.voiced[10:-10].all()
    np.testing.assert_allclose(whole.hertz[2_510:3_490], part.hertz[10:-10], rtol=0.02)


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
