"""Voices that no corpus has, made of those that it has: whispered, sung, a child's, shouted, with others, with music.

Whispers and songs come from a vocoder of linear prediction (Atal and Hanauer 1971): the filter of the mouth stays, and
noise or held notes drive it in place of the throat. They are what can be made of the recordings at hand, not recordings
of people who whisper or sing.
"""

from collections.abc import Callable, Mapping, Sequence

import librosa
import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from ...speech.pitch import PITCH_FPS, pitch_track
from ...training.corpora.augmentation import Waveform, limit_band
from ...training.corpora.clips import Clip
from ...types import SAMPLE_RATE

FRAME, HOP = 512, 128  # samples of the vocoder: 32 and 8 ms
ORDER = 18  # of the linear prediction: formants up to 8 kHz
SUNG_STRETCH = 0.6  # the tempo of a song against that of speech
SUNG_SCALE = (0, 2, 4, 5, 7, 9, 11)  # a major scale, in semitones
CHILD_FORMANTS = 1.3  # of a six-year-old against a grown-up's
SHOUT_GAIN, TELEPHONE_HZ = 6.0, (300.0, 3400.0)  # clipping is what a telephone makes of a shout
OTHER_VOICE_DB, MUSIC_DB = -6.0, -10.0  # against the voice that is meant
BEAT_SECONDS = 0.5


def whispered(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """The words without a throat: noise drives the mouth, and the deep tones of a voice are missing."""
    noise = rng.normal(size=len(waveform) + FRAME)
    return limit_band(_vocoder(waveform, noise), 400.0, 7500.0)


def sung(waveform: Waveform, _: np.random.Generator) -> Float[np.ndarray, "slower"]:
    """The words, slower, on notes of a scale that are held through each voiced stretch."""
    slow = librosa.effects.time_stretch(waveform, rate=SUNG_STRETCH)
    return _vocoder(slow, _notes(slow))


def childs(waveform: Waveform, _: np.random.Generator) -> Float[np.ndarray, "stretched"]:
    """Pitch and formants of a child, at the tempo of the grown-up."""
    small = librosa.resample(waveform, orig_sr=round(SAMPLE_RATE * CHILD_FORMANTS), target_sr=SAMPLE_RATE)
    return librosa.effects.time_stretch(small, rate=1 / CHILD_FORMANTS).astype(np.float32)


def shouted_into_a_phone(waveform: Waveform, _: np.random.Generator) -> Waveform:
    """So loud that the telephone clips it, then in its band."""
    loud = waveform / max(float(np.abs(waveform).max()), 1e-6)
    return limit_band((SHOUT_GAIN * loud).clip(-1, 1), *TELEPHONE_HZ)


def with_music(waveform: Waveform, _: np.random.Generator) -> Waveform:
    """Chords and a beat under the voice."""
    music = _music(len(waveform))
    return _mixed(waveform, music, MUSIC_DB)


def beside(others: Sequence[Waveform]) -> Callable[[Waveform, np.random.Generator], Waveform]:
    """Makes the voice of somebody else speak at the same time, a little softer."""

    def mixed(waveform: Waveform, rng: np.random.Generator) -> Waveform:
        other = others[int(rng.integers(len(others)))]
        return _mixed(waveform, np.resize(other, len(waveform)), OTHER_VOICE_DB)

    return mixed


def odd_voices(clips: Sequence[Clip]) -> Mapping[str, Callable[[Waveform, np.random.Generator], Waveform]]:
    """Every kind by its name; who speaks beside is one of the clips."""
    return {
        "whispered": whispered,
        "sung": sung,
        "a child's": childs,
        "shouted into a telephone": shouted_into_a_phone,
        "with a second voice at -6 dB": beside([clip.waveform.numpy() for clip in clips]),
        "with music at -10 dB": with_music,
    }


def _vocoder(waveform: Waveform, source: Float[np.ndarray, "longer"]) -> Waveform:
    """The filter of each frame of a waveform, driven by a source of as many samples, at the frame's own level."""
    window = np.hanning(FRAME)
    padded = np.pad(waveform.astype(np.float64), FRAME // 2)
    source = np.resize(source, len(padded))
    spoken, weight = np.zeros(len(padded)), np.full(len(padded), 1e-3)
    for start in range(0, len(padded) - FRAME + 1, HOP):
        part = slice(start, start + FRAME)
        frame = padded[part] * window
        level = np.sqrt(np.mean(frame**2))
        if level < 1e-5:
            continue
        mouth = librosa.lpc(frame + 1e-6 * np.sin(np.arange(FRAME)), order=ORDER)
        driven = lfilter([1.0], mouth, source[part]) * window
        spoken[part] += driven * level / (np.sqrt(np.mean(driven**2)) + 1e-9)
        weight[part] += window**2
    return (spoken / weight.clip(0.1))[FRAME // 2 : FRAME // 2 + len(waveform)].astype(np.float32)


def _notes(waveform: Waveform) -> Float[np.ndarray, "sample"]:
    """Pulses at the nearest note of a scale to the median pitch of each voiced stretch; noise where none is voiced."""
    track = pitch_track(np.ascontiguousarray(waveform, np.float32), int(len(waveform) / SAMPLE_RATE * PITCH_FPS))
    held = np.zeros(len(track.hertz))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], track.voiced, [0]]).astype(int)))
    for first, last in edges.reshape(-1, 2):
        semitone = 12 * np.log2(np.median(track.hertz[first:last]) / 440)
        notes = np.array([12 * octave + step for octave in range(-6, 4) for step in SUNG_SCALE])
        held[first:last] = 440 * 2 ** (notes[np.abs(notes - semitone).argmin()] / 12)
    per_sample = np.interp(np.arange(len(waveform)), np.linspace(0, len(waveform), len(held)), held)
    phase = np.cumsum(per_sample / SAMPLE_RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    noise = 0.05 * np.random.default_rng(0).normal(size=len(waveform))
    return np.where(per_sample > 50, pulses, noise)


def _music(num_samples: int) -> Waveform:
    """Four chords in turn with overtones, each struck on the beat."""
    time = np.arange(num_samples) / SAMPLE_RATE
    beat = (time // BEAT_SECONDS).astype(int)
    fade = np.exp(-3 * (time - beat * BEAT_SECONDS))
    chords = np.array([(0, 4, 7), (-3, 0, 4), (5, 9, 12), (7, 11, 14)])[beat // 4 % 4]
    tones = [
        np.sin(2 * np.pi * overtone * 220 * 2 ** (chords[:, voice] / 12) * time) / overtone
        for voice in range(3)
        for overtone in (1, 2, 3, 4)
    ]
    drum = np.random.default_rng(0).normal(size=num_samples) * np.exp(-40 * (time - beat * BEAT_SECONDS))
    return (np.sum(tones, axis=0) * fade + drum).astype(np.float32)


def _mixed(waveform: Waveform, other: Waveform, level_db: float) -> Waveform:
    """Another sound under the waveform, its power set against that of the waveform."""
    gain = np.sqrt(np.mean(waveform**2) / (np.mean(other**2) + 1e-12)) * 10 ** (level_db / 20)
    return (waveform + gain * other).clip(-1, 1).astype(np.float32)
