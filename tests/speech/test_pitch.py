"""The pitch of a voice is found across its range, at the right time, and as an independent method finds it."""

import librosa
import numpy as np
import pytest
from made_voices import vowel

from cemnet.arkit import EMOTIONS
from cemnet.media.sound import read_audio
from cemnet.speech.mel import mono_16k
from cemnet.speech.pitch import PITCH_FPS, PITCH_HIGHEST_HZ, PITCH_LOWEST_HZ, PITCH_WINDOW, PitchTrack, pitch_track
from cemnet.training.corpora.formant_synthesis import synthesise_formants
from cemnet.types import SAMPLE_RATE


@pytest.mark.parametrize("hertz", [75.0, 120.0, 220.0, 380.0, 550.0])
def test_pitch_is_found_across_the_range_of_voices(hertz):
    track = pitch_track(vowel(np.full(SAMPLE_RATE, hertz)).numpy(), 100)
    assert track.voiced[5:-5].all()
    np.testing.assert_allclose(track.hertz[5:-5], hertz, rtol=0.02)


def test_long_sound_has_the_pitch_of_its_parts():
    voice = vowel(110.0 * 2 ** np.abs(np.sin(np.linspace(0, 40, 40 * SAMPLE_RATE)))).numpy()
    whole = pitch_track(voice, 4_000)
    part = pitch_track(voice[25 * SAMPLE_RATE : 35 * SAMPLE_RATE], 1_000)
    assert whole.voiced[10:-10].all()
    np.testing.assert_allclose(whole.hertz[2_510:3_490], part.hertz[10:-10], rtol=0.02)


@pytest.mark.parametrize("octaves_a_second", [2.0, -2.0])
def test_each_step_has_the_pitch_of_its_middle(octaves_a_second):
    """The pitch of a glide says when it was measured: the error is a twentieth of a step."""
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    track = pitch_track(vowel(220.0 * 2 ** (octaves_a_second * (seconds - 0.5))).numpy(), PITCH_FPS)
    measured_at = np.log2(track.hertz / 220.0) / octaves_a_second + 0.5
    middle = (np.arange(PITCH_FPS) + 0.5) / PITCH_FPS
    lateness = (measured_at - middle)[6:-6] * PITCH_FPS  # in steps
    assert abs(np.median(lateness)) < 0.05
    assert np.abs(lateness).max() < 0.1


def pyin_track(signal: np.ndarray, num_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Hertz and voicing by probabilistic YIN (Mauch & Dixon 2014) in the same windows around the same steps."""
    middle = SAMPLE_RATE // PITCH_FPS // 2
    hertz, voiced, _ = librosa.pyin(
        np.pad(signal[middle:], (0, middle)), fmin=PITCH_LOWEST_HZ, fmax=PITCH_HIGHEST_HZ, sr=SAMPLE_RATE,
        frame_length=PITCH_WINDOW, hop_length=2 * middle,
    )  # fmt: skip
    return hertz[:num_steps], voiced[:num_steps]


def compared_with_pyin(signal: np.ndarray) -> tuple[float, float]:
    """Median error in cents of the steps voiced in both tracks, and the share of steps that both call the same.

    Steps 34 dB below the loud ones do not count: this tracker calls them silent, and pyin names the pitch of their hum.
    """
    num_steps = len(signal) * PITCH_FPS // SAMPLE_RATE
    track: PitchTrack = pitch_track(signal, num_steps)
    hertz, voiced = pyin_track(signal, num_steps)
    audible = track.rms > 0.02 * np.percentile(track.rms, 95)
    both = voiced & track.voiced
    assert both.sum() > 0.3 * audible.sum()
    cents = 1200 * np.log2(track.hertz[both] / hertz[both])
    return float(np.median(np.abs(cents))), float((voiced == track.voiced)[audible].mean())


@pytest.mark.slow
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_synthetic_speech_has_the_pitch_and_voicing_that_pyin_finds(emotion):
    signal, _ = synthesise_formants(emotion, 3.0, np.random.default_rng(0))
    cents, agreement = compared_with_pyin(signal)
    assert cents < 15
    assert agreement > 0.85


@pytest.mark.slow
def test_the_bundled_speech_has_the_pitch_and_voicing_that_pyin_finds(samples):
    cents, agreement = compared_with_pyin(mono_16k(read_audio(samples / "speech.wav")).numpy())
    assert cents < 15
    assert agreement > 0.7
