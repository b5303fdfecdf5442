"""Pitch, voicing and harmonicity of a voice over time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from ..types import SAMPLE_RATE

QUIETEST_REFERENCE_RMS = 4e-4  # below −68 dB of full scale nobody speaks

PITCH_FPS = 100  # as many as mel frames
REFERENCE_PITCH_HZ = 100.0
PITCH_WINDOW = 768  # three periods of the lowest pitch
PITCH_LOWEST_HZ, PITCH_HIGHEST_HZ = 62.5, 640.0
PITCH_CANDIDATES = 4
WINDOWS_AT_ONCE = 3000  # analysed at once: bounds the memory that long sound takes
VOICING_THRESHOLD = 0.45


@dataclass(frozen=True)
class PitchTrack:
    """Fundamental frequency, voicing and level at PITCH_FPS; step t is measured around (t + ½) / PITCH_FPS seconds."""

    hertz: Float[np.ndarray, "step"]
    voiced: Bool[np.ndarray, "step"]
    harmonicity: Float[np.ndarray, "step"]  # autocorrelation at the period, 0 (noise) to 1
    rms: Float[np.ndarray, "step"]

    @property
    def octaves(self) -> Float[np.ndarray, "step"]:
        """Pitch in octaves above REFERENCE_PITCH_HZ; 0 where unvoiced."""
        return np.log2(np.where(self.voiced, self.hertz, REFERENCE_PITCH_HZ) / REFERENCE_PITCH_HZ)


def centred_windows(
    signal: Float[np.ndarray, "sample"], num_frames: int, fps: float, size: int
) -> Iterator[Float[np.ndarray, "block size"]]:
    """Views of `size` samples around the middle of each frame, WINDOWS_AT_ONCE by the block; zeros beyond both ends of
    the sound.

    Frame t is centred on (t + ½) / fps seconds.
    """
    hop = round(SAMPLE_RATE / fps)
    for first in range(0, num_frames, WINDOWS_AT_ONCE):
        last = min(first + WINDOWS_AT_ONCE, num_frames)
        start, stop = first * hop - size // 2, last * hop + size
        heard = signal[max(start, 0) : max(stop, 0)]
        before = max(-start, 0)
        padded = np.pad(heard, (before, stop - start - before - len(heard)))
        yield np.lib.stride_tricks.sliding_window_view(padded, size)[hop // 2 :: hop][: last - first]


def pitch_track(
    signal: Float[np.ndarray, "sample"], num_steps: int, each_block: Callable[[], object] = lambda: None
) -> PitchTrack:
    """Pitch and voicing: normalised autocorrelation and the cheapest path through its peaks.

    `each_block` is called when another WINDOWS_AT_ONCE steps have been heard.

    Source: Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993.
    """
    # Made once: small parts that stay among large ones that go would leave memory in pieces.
    lags, strengths = np.empty((2, num_steps, PITCH_CANDIDATES), np.float32)
    rms, first = np.empty(num_steps, np.float32), 0
    for frames in centred_windows(signal, num_steps, PITCH_FPS, PITCH_WINDOW):
        part = slice(first, first := first + len(frames))
        lags[part], strengths[part], rms[part] = _pitch_candidates(frames)
        each_block()
    path = _cheapest_path(lags, strengths)
    steps = np.arange(num_steps)
    loud = max(float(np.percentile(rms, 95)), QUIETEST_REFERENCE_RMS)
    harmonicity = strengths[steps, path]
    voiced = (harmonicity > VOICING_THRESHOLD) & (rms > 0.02 * loud)
    return PitchTrack((SAMPLE_RATE / lags[steps, path]).astype(np.float32), voiced, harmonicity, rms)


def _pitch_candidates(
    frames: Float[np.ndarray, "step size"],
) -> tuple[Float[np.ndarray, "step candidate"], Float[np.ndarray, "step candidate"], Float[np.ndarray, "step"]]:
    """Lags of possible pitch periods, their strengths, and how loud each window is."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    lags, strengths = _peaks(_normalised_autocorrelation(centred))
    return lags, strengths, np.sqrt((centred**2).mean(axis=1))


def _normalised_autocorrelation(frames: Float[np.ndarray, "step size"]) -> Float[np.ndarray, "step lag"]:
    hann = np.hanning(PITCH_WINDOW).astype(np.float32)
    num_lags = int(SAMPLE_RATE / PITCH_LOWEST_HZ) + 2

    def autocorrelation(values: np.ndarray) -> np.ndarray:
        spectrum = torch.fft.rfft(torch.from_numpy(values), n=1024 + 256)
        return torch.fft.irfft(spectrum.abs().square(), n=1024 + 256)[..., :num_lags].numpy()

    raw, window = autocorrelation(frames * hann), autocorrelation(hann)
    energy = raw[:, :1] + 1e-10
    return (raw / energy / (window / window[0])).astype(np.float32)


def _peaks(
    correlation: Float[np.ndarray, "step lag"],
) -> tuple[Float[np.ndarray, "step candidate"], Float[np.ndarray, "step candidate"]]:
    """The strongest local maxima: refined lags in samples, and strengths (0 where a step has fewer peaks)."""
    shortest = int(SAMPLE_RATE / PITCH_HIGHEST_HZ)
    left, middle, right = (correlation[:, shortest + shift : correlation.shape[1] - 2 + shift] for shift in (0, 1, 2))
    lag_axis = np.arange(shortest + 1, correlation.shape[1] - 1)
    is_peak = (middle > left) & (middle >= right) & (middle > 0)
    octave_cost = 0.06 * np.log2(lag_axis / (shortest + 1))  # of two equal peaks the shorter period is the pitch
    score = np.where(is_peak, middle - octave_cost, -1.0)
    best = np.argpartition(-score, PITCH_CANDIDATES, axis=1)[:, :PITCH_CANDIDATES]
    pick = lambda values: np.take_along_axis(values, best, axis=1)  # noqa: E731
    low, peak, high = pick(left), pick(middle), pick(right)
    curvature = np.minimum(low - 2 * peak + high, -1e-6)
    offset = (0.5 * (low - high) / curvature).clip(-0.5, 0.5)
    found = pick(score) > -1.0
    return (lag_axis[best] + np.where(found, offset, 0.0)).astype(np.float32), np.where(found, peak, 0.0)


def _cheapest_path(
    lags: Float[np.ndarray, "step candidate"], strengths: Float[np.ndarray, "step candidate"]
) -> np.ndarray:
    """Viterbi: strong peaks, short periods, small jumps."""
    octaves = np.log2(lags)
    local = -strengths + 0.06 * octaves
    cost, came_from = local[0], np.zeros(lags.shape, np.int8)
    for first in range(1, len(lags), WINDOWS_AT_ONCE):
        block = octaves[first - 1 : first + WINDOWS_AT_ONCE]
        jumps = 0.5 * np.abs(block[1:, None, :] - block[:-1, :, None])  # step, from, to
        for step, jump in enumerate(jumps, start=first):
            totals = cost[:, None] + jump
            came_from[step] = totals.argmin(axis=0)
            cost = totals.min(axis=0) + local[step]
    path = np.zeros(len(lags), int)
    path[-1] = cost.argmin()
    for step in range(len(lags) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
