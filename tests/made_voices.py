"""Sounds, beliefs and voices made up by hand, for tests of what is measured on them."""

import numpy as np
import torch

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.evaluation.voice.heard import Heard
from cemnet.types import SAMPLE_RATE, Audio, Speech

SAD, ANGRY = EMOTION_INDEX["sad"], EMOTION_INDEX["angry"]


def one_hot(indices):
    """Certain beliefs, one row for each index of an emotion."""
    return np.eye(len(EMOTIONS))[indices]


def heard(labels, said, sure=0.9, speeches=()):
    """Clips with labels that are heard as `said`, both as indices of emotions."""
    belief = one_hot(said) * sure + (1 - sure) / len(EMOTIONS)
    return Heard(np.array(labels), belief, tuple(speeches))


def speech_of(indices, voiced=None):
    """A voice that is believed to be, and shows, one emotion after the other, frame by frame."""
    frames, belief = len(indices), torch.from_numpy(one_hot(indices)).float()
    prosody = torch.zeros(frames, 4)
    prosody[:, 3] = torch.ones(frames) if voiced is None else torch.tensor(voiced, dtype=torch.float32)
    level = torch.ones(frames)
    audio = Audio(torch.zeros(1, frames * 640), SAMPLE_RATE)
    return Speech(audio, torch.zeros(frames, 64), prosody, torch.zeros(frames, 128), belief, belief, level, level)


def vowel(hertz: np.ndarray, loudness: float = 0.1, seed: int = 0) -> torch.Tensor:
    """A voice-like pulse train (ten harmonics falling off) with a moving pitch, and a little noise."""
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    tone = sum(np.sin(number * phase) / number for number in range(1, 11))
    noise = np.random.default_rng(seed).normal(0, 0.01, len(hertz))
    return torch.from_numpy(loudness * (tone + noise)).float()
