"""The model's beliefs about labelled clips, for everything that compares what is heard with what is true."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from ...arkit import EMOTION_INDEX
from ...training.corpora.clips import Clip
from ...types import Speech


@dataclass(frozen=True)
class Heard:
    """Beliefs about labelled clips: of the whole clip, and frame by frame in its speech."""

    labels: Int[np.ndarray, "clip"]
    belief: Float[np.ndarray, "clip emotion"]
    speeches: tuple[Speech, ...]

    @property
    def right(self) -> Bool[np.ndarray, "clip"]:
        """True for each clip whose likeliest emotion is its label."""
        return self.belief.argmax(1) == self.labels


def label_of(clip: Clip) -> int:
    """The clip's emotion as an index into EMOTIONS; ValueError for a clip without a label."""
    if clip.emotion is None:
        raise ValueError(f"{clip.name} has no emotion")
    return EMOTION_INDEX[clip.emotion]


def mean_heard(
    heard: Float[torch.Tensor, "frame emotion"], voiced: Float[torch.Tensor, "frame"]
) -> Float[torch.Tensor, "emotion"]:
    """The belief about a whole clip: the mean over its voiced frames, or over all frames where none is voiced."""
    weight = voiced.unsqueeze(-1) + 1e-4
    return (heard * weight).sum(0) / weight.sum(0)
