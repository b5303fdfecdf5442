"""Brings sound to another rate with soxr, the resampler that librosa uses, without librosa's compiler behind it."""

import numpy as np
import soxr
import torch

from .types import Audio


def at_rate(audio: Audio, sample_rate: int) -> Audio:
    """The same sound at another rate in samples a second, ceil(samples · new rate / old rate) long, on the CPU.

    Exactly what librosa.resample makes. A sound that has the rate already is returned as it is.
    """
    if audio.sample_rate == sample_rate:
        return audio
    frames = np.ascontiguousarray(audio.waveform.detach().cpu().float().numpy().T)
    resampled = soxr.resample(frames, audio.sample_rate, sample_rate, quality="HQ")
    fitted = np.zeros((-(-len(frames) * sample_rate // audio.sample_rate), frames.shape[1]), np.float32)
    kept = min(len(fitted), len(resampled))  # soxr's length can differ from it by a sample
    fitted[:kept] = resampled[:kept]
    return Audio(torch.from_numpy(np.ascontiguousarray(fitted.T)), sample_rate)
