"""Brings sound to another rate with soxr, the resampler that librosa uses, without librosa's compiler behind it."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
import soxr
import torch
from jaxtyping import Float

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


def resampled_blocks(
    blocks: Iterable[Float[np.ndarray, "_"]], old_rate: int, new_rate: int
) -> Iterator[Float[np.ndarray, "_"]]:
    """What `at_rate` makes of one channel (float32) that comes in blocks; blocks of other lengths come out."""
    if old_rate == new_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(old_rate, new_rate, 1, dtype="float32", quality="HQ")
    heard = given = 0
    for block in chain(blocks, [None]):
        heard += 0 if block is None else len(block)
        resampled = stream.resample_chunk(np.zeros(0, np.float32) if block is None else block, last=block is None)
        due = -(-heard * new_rate // old_rate) - given  # soxr's length can differ from it by a sample
        resampled = resampled[: max(due, 0)] if block is None else resampled
        given += len(resampled)
        yield resampled
    yield np.zeros(max(-(-heard * new_rate // old_rate) - given, 0), np.float32)
