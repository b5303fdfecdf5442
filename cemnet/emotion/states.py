"""Emotions as vectors: one emotion by name, and the emotion state that memory and decoder take."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import EMOTION_INDEX, EMOTIONS
from ..errors import CEMNetError, quoted

NUM_SHOWN_EMOTIONS = len(EMOTIONS) - 1  # neutral shows nothing: it is the origin of the emotion states
SHOWN_EMOTIONS = [index for name, index in EMOTION_INDEX.items() if name != "neutral"]


def one_hot_emotion(emotion: str) -> Float[Tensor, "emotion"]:
    """Probability 1 for one emotion; CEMNetError names the emotions that exist if this is none."""
    if emotion not in EMOTION_INDEX:
        raise CEMNetError(f"There is no emotion {quoted(emotion)}. Choose one of: {', '.join(EMOTIONS)}.")
    probabilities = torch.zeros(len(EMOTIONS))
    probabilities[EMOTION_INDEX[emotion]] = 1.0
    return probabilities


def emotion_state(
    probabilities: Float[Tensor, "*batch emotion"], intensity: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch shown"]:
    """Amount of each emotion to be shown: intensity × probability, without neutral.

    An unsure belief spreads over many emotions and so shows little of each.
    """
    return intensity.unsqueeze(-1) * probabilities[..., SHOWN_EMOTIONS]
