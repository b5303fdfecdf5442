"""The mouth while nothing is said: lips come to rest within 200 ms, and part just before the next word.

Before a phrase they part earlier, for a breath.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import ARKIT_INDEX, arkit_indices
from ..curves import smoothstep
from .articulation import meet_lips
from .breath import phrase_starts
from .lip_aperture import LIP_GAP_WEIGHTS

CLOSING_SECONDS, OPENING_SECONDS = 0.18, 0.14
ENDING_SECONDS = 0.12  # in which lips meet at the end of a clip that ends in a word
# Before the first word of a phrase the jaw opens a little for a breath, and is ready to close for a /p/ when the word
# begins. Where no /p b m/ begins it, lips part as early as a captured speaker's do (FACEGOOD): of the aperture 120 ms
# after the word is heard, 18 % are reached when it is heard, 8 % 40 ms before, and 39 and 69 % 40 and 80 ms after.
BREATH_SECONDS, READY_SECONDS, BREATH_JAW = 0.28, 0.08, 0.015
REACHED_SECONDS, PARTING_SECONDS, PARTING_EXPONENT, MOST_PARTING_JAW = 0.12, 0.3, 3.0, 0.2
CLOSED_SHARE = 0.25  # of /p b m/ among the sounds, from which a word may begin with one
# What an emotion keeps of its own opening of the mouth at rest; the lips meet nevertheless.
KEPT_AT_REST = {"jawOpen": 0.0, "mouthFunnel": 0.0, "mouthLowerDown": 0.2, "mouthUpperUp": 0.5}


def rest_curve(speaking: Float[Tensor, "frame"], fps: float) -> Float[Tensor, "frame"]:
    """How far the lips rest in each frame, 0 to 1; `speaking` is 1 in words, else 0.

    They are at rest CLOSING_SECONDS after a word, leave it OPENING_SECONDS before the next one, and rest in the last
    frame, whatever is said there.
    """
    spoken = speaking.cpu().numpy() > 0.5
    frames = np.arange(len(spoken), dtype=np.float64)
    rest = np.zeros(len(spoken))
    edges = np.flatnonzero(np.diff(np.concatenate([[1], spoken.astype(int), [1]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        closing = (frames - start + 1) / (CLOSING_SECONDS * fps) if start > 0 else np.ones(len(rest))
        opening = (end - frames) / (OPENING_SECONDS * fps) if end < len(rest) else np.ones(len(rest))
        inside = (frames >= start) & (frames < end)
        rest = np.maximum(rest, inside * smoothstep(np.minimum(closing, opening)))
    ending = 1 - (len(rest) - 1 - frames) / (ENDING_SECONDS * fps)
    return torch.from_numpy(np.maximum(rest, smoothstep(ending))).to(speaking.dtype)


def rest_lips(
    expression: Float[Tensor, "frame expression"], rest: Float[Tensor, "frame"]
) -> Float[Tensor, "frame expression"]:
    """Blendshapes whose lips meet as far as they rest (0 to 1); emotion keeps the corners of the mouth."""
    resting = expression.clone()
    for stem, kept in KEPT_AT_REST.items():
        resting[:, arkit_indices(stem)] *= (1 - (1 - kept) * rest).unsqueeze(1)
    return meet_lips(resting, rest)


def part_before_words(
    expression: Float[Tensor, "frame expression"],
    speaking: Float[Tensor, "frame"],
    closed: Float[Tensor, "frame"],
    fps: float,
) -> Float[Tensor, "frame expression"]:
    """Blendshapes whose lips part for a breath and for the first sound of each phrase.

    `speaking` is 1 in words, `closed` the share of /p b m/ among the sounds.
    """
    parted, jaw = expression.clone(), ARKIT_INDEX["jawOpen"]
    weights = torch.from_numpy(LIP_GAP_WEIGHTS).to(expression)
    gap = (expression @ weights) / weights[jaw]
    frames, wanted = np.arange(len(expression)), np.zeros(len(expression))
    reached = round(REACHED_SECONDS * fps)
    for start in phrase_starts(speaking, fps).tolist():
        seconds = (frames - start) / fps
        inward = smoothstep((seconds + BREATH_SECONDS) / (BREATH_SECONDS - READY_SECONDS))
        breath = BREATH_JAW * inward * smoothstep(0.25 - seconds / READY_SECONDS)
        wanted = np.maximum(wanted, breath)
        if closed[max(0, start - reached) : start + reached + 1].max() < CLOSED_SHARE:
            aim = min(start + reached, len(gap) - 1)
            share = (1 + (frames - aim) / (PARTING_SECONDS * fps)).clip(0, 1) ** PARTING_EXPONENT
            wanted = np.maximum(wanted, np.where(frames < aim, max(0.0, float(gap[aim])) * share, 0.0))
    target = torch.from_numpy(wanted).to(expression)
    parted[:, jaw] += (target - gap).clamp(min=0, max=MOST_PARTING_JAW) * (target > 0)
    return parted.clamp(0, 1)
