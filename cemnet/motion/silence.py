"""The mouth while nothing is said: lips come to rest within 200 ms, and part just before the next word."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import arkit_indices
from ..curves import smoothstep
from .articulation import meet_lips

CLOSING_SECONDS, OPENING_SECONDS = 0.18, 0.14
ENDING_SECONDS = 0.12  # in which lips meet at the end of a clip that ends in a word
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
