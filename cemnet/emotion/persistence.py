"""Emotions last: what is heard now is judged by what was heard before and is heard afterwards.

A hidden Markov model of which emotion a voice is in, over the windows in which it is heard. Its states stay as they are
from window to window with a probability, smaller over a pause, or else change to any other; beliefs about single
windows are what is observed. Neighbouring windows overlap, so that each counts as a share of an observation, and
windows without a voice count as none: an emotion lasts through a pause. Sure turns stay turns, and short doubts go
away.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

LEAST_BELIEF = 1e-4  # so that no single window forbids an emotion
PAUSE_FRAMES = 6  # unvoiced frames (0.24 s) that make a pause; sounds without a voice are shorter


def lasting_belief(
    belief: Float[Tensor, "batch window emotion"],
    presence: Float[Tensor, "batch window"],
    stays: Float[Tensor, "batch step"],
    evidence: float,
) -> Float[Tensor, "batch window emotion"]:
    """The belief about each window, given all windows: forward and backward passes (Rabiner 1989), in logarithms.

    `presence` says from 0 to 1 how much voice a window has, `stays` how probably an emotion is still the same at the
    step from each window to the next, and `evidence` for how much of an observation of its own a window counts. Rows
    sum to one.
    """
    observed = evidence * presence.clamp(0, 1).unsqueeze(-1) * belief.clamp_min(LEAST_BELIEF).log()
    before = _passed_on(observed, stays)
    after = _passed_on(observed.flip(1), stays.flip(1)).flip(1)
    return (before + observed + after).softmax(dim=-1)


def pauses(voicing: Float[Tensor, "batch frame"], centres: Float[Tensor, "window"]) -> Bool[Tensor, "batch step"]:
    """True for each step from one window's centre (in frames) to the next in which the middle of a pause lies."""
    found = torch.zeros(len(voicing), max(len(centres) - 1, 0), dtype=torch.bool)
    for row, voiced in enumerate(voicing.cpu() > 0.5):
        spoken = voiced.nonzero().flatten()
        middles = (spoken[1:] + spoken[:-1])[spoken.diff() > PAUSE_FRAMES] / 2
        steps = torch.searchsorted(centres, middles) - 1
        found[row, steps[(steps >= 0) & (steps < found.shape[1])]] = True
    return found.to(voicing.device)


def _passed_on(
    observed: Float[Tensor, "batch window emotion"], stays: Float[Tensor, "batch step"]
) -> Float[Tensor, "batch window emotion"]:
    """What the windows before each one say about it, as logarithms of probabilities up to a constant."""
    num_emotions = observed.shape[-1]
    changes = (1 - stays) / (num_emotions - 1)
    told = [torch.full_like(observed[:, 0], -math.log(num_emotions))]
    for step, window in enumerate(observed[:, :-1].unbind(1)):
        now = (told[-1] + window).softmax(dim=-1)
        stay, change = stays[:, step, None], changes[:, step, None]
        told.append(((stay - change) * now + change).log())
    return torch.stack(told, dim=1)
