"""Breath: quiet while nothing is said, and in speech a quick one before each phrase, which the phrase uses up."""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from ..curves import smoothstep

BREATHS_A_MINUTE = 15.0
# Before the first word of a phrase the speaker breathes in.
INHALING_SECONDS, LEAST_SILENCE_SECONDS = 0.45, 0.5
QUIET_SHARE = 0.6  # of a breath before a phrase that a breath without words is; our own number
SPENT_SECONDS = 5.0  # in which a phrase uses up its breath at the latest
SINKING_SECONDS = 1.5  # from the portrait, which is seen first
TURNING_SECONDS = 0.12  # deviation of the Gaussian that rounds the turn from in to out


def phrase_starts(speaking: Float[Tensor, "frame"], fps: float) -> Int[np.ndarray, "phrase"]:
    """The first frame of each phrase: of words after LEAST_SILENCE_SECONDS of silence, or of the first ones at all."""
    spoken = speaking.cpu().numpy() > 0.5
    words = np.flatnonzero(spoken)
    starts = np.flatnonzero(spoken & ~np.concatenate([[False], spoken[:-1]]))
    silent = [start - before[-1] if len(before := words[words < start]) else np.inf for start in starts]
    return starts[np.array(silent, float) >= LEAST_SILENCE_SECONDS * fps]


def inhaling(speaking: Float[Tensor, "frame"], fps: float) -> Float[np.ndarray, "frame"]:
    """From 0 to 1 how far a speaker breathes in before the first word of each phrase; `speaking` is 1 in words."""
    frames, breath = np.arange(len(speaking)), np.zeros(len(speaking))
    for start in phrase_starts(speaking, fps):
        rise = (frames - start) / (INHALING_SECONDS * fps) + 1
        breath = np.maximum(breath, np.where(rise < 1, smoothstep(rise), smoothstep(2 - rise)))
    return breath


def quiet_breath(num_frames: int, fps: float, phase: float) -> Float[np.ndarray, "frame"]:
    """Breathing without words, −1 to 1 from out to in, a whole number of times, so that the end leads to the beginning.

    `phase` is a share of a breath, 0 to 1.
    """
    breaths = max(1, round(num_frames / fps * BREATHS_A_MINUTE / 60))
    turn = 2 * math.pi * (breaths * np.arange(num_frames) / num_frames + phase)
    return (np.sin(turn) + 0.25 * np.sin(2 * turn)) / 1.1  # in faster than out


def chest_curve(
    num_frames: int, fps: float, seed: int, speaking: Float[Tensor, "frame"] | None = None
) -> Float[Tensor, "frame"]:
    """How far the shoulders rise, from −1 (a breath before a phrase is spent) to 0, where they are in a portrait.

    `speaking` is 1 in words: the clip begins at 0. Without it the end leads to the beginning.
    """
    quiet = QUIET_SHARE * (1 + quiet_breath(num_frames, fps, breath_phase(seed))) / 2
    if speaking is None:
        return torch.from_numpy(quiet - quiet.max()).float()
    frames, spent, held = np.arange(num_frames), np.zeros(num_frames), np.zeros(num_frames)
    starts = phrase_starts(speaking, fps)
    words = np.flatnonzero(speaking.cpu().numpy() > 0.5)
    for start, following in zip(starts, [*starts, num_frames][1:], strict=True):
        end = max([start, *words[words < following]])
        length = min(max(end - start, fps), SPENT_SECONDS * fps)
        inward = smoothstep((frames - start) / (INHALING_SECONDS * fps) + 1)
        spent = np.maximum(spent, np.where(frames < start, inward, 1 - (frames - start) / length))
        held[max(0, round(start - INHALING_SECONDS * fps)) : end + 1] = 1.0
    quiet = quiet * (1 - gaussian_filter1d(held, 0.4 * fps, mode="nearest"))
    chest = gaussian_filter1d(np.maximum(quiet, spent), TURNING_SECONDS * fps, mode="nearest")
    return torch.from_numpy((chest.clip(0, 1) - 1) * smoothstep(frames / (SINKING_SECONDS * fps))).float()


def breath_phase(seed: int) -> float:
    """Where in a breath a clip begins, by its seed: head and shoulders breathe together."""
    return float(np.random.default_rng([seed, 1]).random())
