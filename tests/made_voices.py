"""Voice-like sounds of a known pitch."""

import numpy as np
import torch

from cemnet.types import SAMPLE_RATE


def vowel(hertz: np.ndarray, loudness: float = 0.1, seed: int = 0) -> torch.Tensor:
    """A voice-like pulse train (ten harmonics falling off) with a moving pitch, and a little noise."""
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    tone = sum(np.sin(number * phase) / number for number in range(1, 11))
    noise = np.random.default_rng(seed).normal(0, 0.01, len(hertz))
    return torch.from_numpy(loudness * (tone + noise)).float()
