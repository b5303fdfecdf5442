"""Clips of synthesised sentences by many voices: their phonemes are exact, and their voices show no emotion."""

from collections.abc import Iterator

import numpy as np
import torch

from ...types import SAMPLE_RATE
from .clips import Clip
from .phonemes import PhonemeSpan, fill_silence
from .sentences import SENTENCES
from .text_to_speech import Espeak, flite, open_espeak

ESPEAK_VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5")
FLITE_VOICES = {"slt": 170.0, "rms": 95.0, "awb": 125.0, "kal16": 105.0}  # and their usual pitch in hertz


def synthetic_clips(count: int, seed: int) -> Iterator[Clip]:
    """Sentences by random voices, tempi and pitches; a third of them by flite, the rest by espeak-ng.

    A seed always gives the same sentences and voices. MissingModelError if espeak-ng or flite is not installed.
    """
    espeak = open_espeak()
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        if number % 3 == 0:
            yield _flite_clip(number, rng)
        else:
            yield _espeak_clip(espeak, number, rng)


def _flite_clip(number: int, rng: np.random.Generator) -> Clip:
    sentences = SENTENCES["en-us"]
    index = number // 3 % len(sentences)
    voice = str(rng.choice(list(FLITE_VOICES)))
    pitch = FLITE_VOICES[voice] * 2 ** rng.uniform(-0.25, 0.4)
    spoken = flite(sentences[index], voice, stretch=float(rng.uniform(0.8, 1.3)), pitch_hz=float(pitch))
    return _synthetic_clip(number, f"flite-{voice}", "en-us", index, *spoken, rng)


def _espeak_clip(espeak: Espeak, number: int, rng: np.random.Generator) -> Clip:
    language = "en-us" if number % 3 == 1 else str(rng.choice([name for name in SENTENCES if name != "en-us"]))
    index = int(rng.integers(len(SENTENCES[language])))
    variant = str(rng.choice(ESPEAK_VARIANTS))
    rate, pitch, pitch_range = int(rng.integers(115, 200)), int(rng.integers(15, 85)), int(rng.integers(30, 95))
    spoken = espeak.speak(SENTENCES[language][index], f"{language}+{variant}", rate, pitch, pitch_range)
    return _synthetic_clip(number, f"espeak-{variant}", language, index, *spoken, rng)


def _synthetic_clip(
    number: int,
    speaker: str,
    language: str,
    index: int,
    waveform: torch.Tensor,
    phonemes: list[PhonemeSpan],
    rng: np.random.Generator,
) -> Clip:
    """The clip with silence of random length before and after the voice, at a random level."""
    before, after = (int(seconds * SAMPLE_RATE) for seconds in rng.uniform(0.15, 0.7, 2))
    level = rng.uniform(0.1, 0.7) / max(float(waveform.abs().max()), 1e-3)
    padded = torch.nn.functional.pad(waveform * level, (before, after))
    shift = before / SAMPLE_RATE
    moved = [PhonemeSpan(span.phoneme, span.start_seconds + shift, span.end_seconds + shift) for span in phonemes]
    return Clip(
        name=f"synthetic-{number:05d}",
        source="synthetic",
        speaker=speaker,
        sentence=f"synthetic-{language}-{index}",
        language=language,
        emotion="neutral",
        original_emotion="none",
        intensity=0.0,
        license="Apache-2.0 (made with espeak-ng and flite)",
        waveform=padded,
        phonemes=fill_silence(moved, padded.shape[-1] / SAMPLE_RATE),
    )
