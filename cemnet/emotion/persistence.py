"""Emotions last: what is heard now is judged by what was heard before and is heard afterwards.

A hidden Markov model of which emotion a voice is in, over the windows in which it is heard. Its states stay as they are
from window to window with a probability, or else change to any other; beliefs about single windows are what is
observed. Neighbouring windows overlap, so that each counts as a share of an observation, and windows without a voice
count as none: an emotion lasts through a pause. Sure turns stay turns, and short doubts go away.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

LEAST_BELIEF = 1e-4  # so that no single window forbids an emotion


def lasting_belief(
    belief: Float[Tensor, "batch window emotion"],
    presence: Float[Tensor, "batch window"],
    stays: float,
    evidence: float,
) -> Float[Tensor, "batch window emotion"]:
    """The belief about each window, given all windows: forward and backward passes (Rabiner 1989), in logarithms.

    `presence` says from 0 to 1 how much voice a window has, `stays` how probably an emotion is still the same in the
    next window, and `evidence` for how much of an observation of its own a window counts. Rows sum to one.
    """
    observed = evidence * presence.clamp(0, 1).unsqueeze(-1) * belief.clamp_min(LEAST_BELIEF).log()
    before = _passed_on(observed, stays)
    after = _passed_on(observed.flip(1), stays).flip(1)
    return (before + observed + after).softmax(dim=-1)


def _passed_on(observed: Float[Tensor, "batch window emotion"], stays: float) -> Float[Tensor, "batch window emotion"]:
    """What the windows before each one say about it, as logarithms of probabilities up to a constant."""
    num_emotions = observed.shape[-1]
    changes = (1 - stays) / (num_emotions - 1)
    told = [torch.full_like(observed[:, 0], -math.log(num_emotions))]
    for window in observed[:, :-1].unbind(1):
        now = (told[-1] + window).softmax(dim=-1)
        told.append(((stays - changes) * now + changes).log())
    return torch.stack(told, dim=1)
