"""The mel spectrogram is Whisper's, and any sound becomes one channel at 16 kHz."""

import librosa
import numpy as np
import pytest
import torch
from made_voices import vowel

from cemnet.speech import mel as mel_module
from cemnet.speech.mel import LogMel, log_mel, mel_band_edges, mel_filters, mono_16k, num_motion_frames
from cemnet.types import SAMPLE_RATE, Audio


@pytest.mark.slow
def test_log_mel_is_whispers_formula():
    waveform = vowel(np.full(SAMPLE_RATE, 150.0))
    spectrum = librosa.stft(waveform.numpy(), n_fft=400, hop_length=160, pad_mode="reflect")[:, :-1]
    mel = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=400, n_mels=80) @ np.abs(spectrum) ** 2
    decades = np.log10(np.maximum(mel, 1e-10))
    expected = (np.maximum(decades, decades.max() - 8) + 4) / 4
    np.testing.assert_allclose(log_mel(waveform).numpy(), expected, atol=2e-3)


def test_the_mel_filters_are_librosas():
    edges = librosa.mel_frequencies(82, fmin=0.0, fmax=SAMPLE_RATE / 2)
    np.testing.assert_allclose(mel_band_edges(), edges, rtol=1e-12)
    expected = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=400, n_mels=80)
    np.testing.assert_allclose(mel_filters().numpy(), expected, atol=1e-7 * expected.max())
    assert mel_filters() is mel_filters()


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


def test_frames_cover_the_sound():
    assert num_motion_frames(0) == 1
    assert num_motion_frames(640) == 1
    assert num_motion_frames(641) == 2
    assert num_motion_frames(SAMPLE_RATE, fps=30.0) == 30


def test_parts_of_a_spectrogram_are_those_of_the_whole(monkeypatch):
    waveform = torch.randn(50_000, generator=torch.Generator().manual_seed(1)) * torch.linspace(0.01, 1, 50_000)
    whole, heard = log_mel(waveform), []
    monkeypatch.setattr(mel_module, "MEL_BLOCK", 90)
    mel = LogMel(waveform, lambda: heard.append(True))
    assert len(heard) == -(-mel.num_frames // 90)
    for first, last in [(0, 7), (50, 200), (170, 180), (85, mel.num_frames), (mel.num_frames - 1, mel.num_frames)]:
        torch.testing.assert_close(mel.part(first, last), whole[:, first:last], atol=1e-6, rtol=0)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("cancelling", [False, True])
def test_a_voice_in_blocks_is_the_voice_in_one(monkeypatch, channels, cancelling):
    waveform = torch.randn(channels, 30_000, generator=torch.Generator().manual_seed(2))
    if cancelling:
        waveform[0] = -1.001 * waveform[1:].sum(dim=0)
    whole = mono_16k(Audio(waveform, 22_050))
    monkeypatch.setattr(mel_module, "SAMPLES_AT_ONCE", 1234)
    assert torch.equal(mono_16k(Audio(waveform, 22_050)), whole)


def test_samples_of_any_size_are_heard_as_numbers():
    wild = torch.tensor([[0.0, 7.8e37, -3e38, 0.5] * 200])
    assert mono_16k(Audio(wild, 1000)).isfinite().all()
