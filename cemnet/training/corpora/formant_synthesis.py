"""Formant synthesis: artificial speech with known phonemes and acted prosody, for tests and trials without any data.

It does not sound like a person, but it has what training needs: sound that follows phonemes, and loudness, pitch and
pace that follow an emotion (directions after Scherer, "Vocal communication of emotion", 2003). Prepared clips of it
have the source "babble".
"""

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from ...arkit import Emotion
from ...types import SAMPLE_RATE
from .phonemes import SILENCE, PhonemeSpan, fill_silence

# First and second formants in Hz (Peterson & Barney 1952, men).
FORMANTS = {"AA": (730, 1090), "EH": (530, 1840), "IY": (270, 2290), "UW": (300, 870), "AO": (570, 840)}
CONSONANTS = ("M", "B", "F", "S", "D", "L")
# Pitch in Hz, loudness, syllables a second, share of breath noise.
VOICES: dict[Emotion, tuple[float, float, float, float]] = {
    "neutral": (120, 0.5, 3.6, 0.05),
    "happy": (190, 0.8, 4.4, 0.05),
    "sad": (100, 0.25, 2.5, 0.15),
    "angry": (170, 1.0, 4.6, 0.02),
    "fear": (230, 0.6, 5.0, 0.2),
    "disgust": (105, 0.6, 3.0, 0.1),
    "surprise": (240, 0.8, 3.6, 0.05),
    "contempt": (110, 0.45, 3.0, 0.05),
}


def resonate(source: Float[np.ndarray, "sample"], formants: tuple[int, int]) -> Float[np.ndarray, "sample"]:
    """The source through one second-order resonance for each formant (in Hz, 90 Hz wide), scaled to a peak of 1."""
    for frequency in formants:
        radius = np.exp(-np.pi * 90 / SAMPLE_RATE)
        angle = 2 * np.pi * frequency / SAMPLE_RATE
        source = np.asarray(lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], source))
    return source / (np.abs(source).max() + 1e-9)


def synthesise_formants(
    emotion: Emotion, duration_seconds: float, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "sample"], list[PhonemeSpan]]:
    """Random syllables spoken with an emotion: a waveform at SAMPLE_RATE in [-1, 1], and its phonemes.

    The phonemes cover the whole duration; SIL fills the pauses. One state of the rng always gives the same speech.
    """
    pitch, loudness, pace, breath = VOICES[emotion]
    pitch, loudness = pitch * rng.lognormal(0, 0.15), loudness * rng.lognormal(0, 0.1)
    waveform = np.zeros(int(duration_seconds * SAMPLE_RATE))
    spans: list[PhonemeSpan] = []
    now = rng.uniform(0.1, 0.3)
    while (syllable := rng.uniform(0.8, 1.2) / pace) and now + syllable < duration_seconds - 0.2:
        consonant, vowel = rng.choice(CONSONANTS), rng.choice(list(FORMANTS))
        middle, end = now + 0.3 * syllable, now + syllable
        spans += [PhonemeSpan(str(consonant), now, middle), PhonemeSpan(str(vowel), middle, end)]
        start, stop = int(middle * SAMPLE_RATE), int(end * SAMPLE_RATE)
        glide = pitch * (1 + 0.1 * rng.normal()) * np.linspace(1.05, 0.95, stop - start)
        pulses = np.diff(np.floor(np.cumsum(glide) / SAMPLE_RATE), prepend=0)
        vowel_sound = resonate(pulses + breath * 0.1 * rng.normal(size=stop - start), FORMANTS[str(vowel)])
        waveform[start:stop] = 0.3 * loudness * vowel_sound * np.hanning(stop - start)
        if consonant in ("F", "S"):
            hiss = rng.normal(size=start - int(now * SAMPLE_RATE))
            waveform[int(now * SAMPLE_RATE) : start] = 0.03 * loudness * hiss
        now = end if rng.random() > 0.15 else end + rng.uniform(0.1, 0.3)
    waveform += 1e-4 * rng.normal(size=len(waveform))
    spans = [span for span in spans if span.phoneme != SILENCE]
    return waveform.clip(-1, 1).astype(np.float32), fill_silence(spans, duration_seconds)
