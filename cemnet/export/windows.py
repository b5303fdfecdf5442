"""Hearing over windows without loops: what `emotion.audio_emotion` does step by step, as a fixed number of operations.

A file for other programs holds operations and no Python. Window statistics become one convolution, and the two passes
of `emotion.persistence.lasting_belief` products of matrices that double their reach (Hillis and Steele, "Data parallel
algorithms", 1986). Lengths stay free; one sound at a time is heard.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..emotion.audio_emotion import MIN_VOICED_FRAMES, SHOULDER
from ..emotion.persistence import LEAST_BELIEF, PAUSE_FRAMES
from ..errors import CEMNetError
from ..types import MOTION_FPS

DOUBLINGS = 15  # 2^15 windows are 3.6 hours at 0.4 s
LEAST_VOICING = 1e-3  # so that a window without a voice has a mean, too


class SlidingWindows(nn.Module):
    """`emotion.audio_emotion.Windows` as a convolution; CEMNetError where the hop is no whole number of frames."""

    kernel: Tensor

    def __init__(self, window_seconds: float, hop_seconds: float) -> None:
        super().__init__()
        hop, half = hop_seconds * MOTION_FPS, window_seconds * MOTION_FPS / 2
        self.hop = round(hop)
        if abs(hop - self.hop) > 1e-6 or self.hop < 1:
            raise CEMNetError(
                f"Networks whose windows are {hop_seconds:g} s apart cannot be exported: a whole number of frames of "
                f"{1000 / MOTION_FPS:g} ms has to lie between them."
            )
        self.first = hop / 2  # the middle of the first window, in frames
        self.reach = math.ceil(SHOULDER * half)
        distance = (torch.arange(-self.reach, self.reach + 2) + int(self.first) - self.first).abs()
        self.register_buffer("kernel", (SHOULDER - distance / half).clamp(0, 1), persistent=False)

    def count(self, num_frames: int | Tensor) -> Any:
        """How many windows there are over so many frames, at least one; a tensor, so that a trace follows it."""
        frames = torch.as_tensor(num_frames).clamp(min=self.hop)
        return torch.div(2 * frames + self.hop - 1, 2 * self.hop, rounding_mode="floor")

    def sums(self, channels: Float[Tensor, "channel frame"], kernel: Float[Tensor, "tap"]) -> Tensor:
        """Sums of each channel over each window, weighted by a kernel: (channel, window)."""
        around = F.pad(channels.unsqueeze(1), (self.reach - int(self.first), self.reach + self.hop + 1))
        return F.conv1d(around, kernel.view(1, 1, -1), stride=self.hop).squeeze(1)[:, : self.count(channels.shape[1])]

    def statistics(self, features: Float[Tensor, "frame feature"], voicing: Float[Tensor, "frame"]) -> Tensor:
        """`window_statistics`: mean and standard deviation of each feature, (window, 2 · feature)."""
        weights = voicing + LEAST_VOICING
        total = self.sums(weights.unsqueeze(0), self.kernel).clamp_min(1e-6)
        weighted = features.T * weights
        mean = self.sums(weighted, self.kernel) / total
        square = self.sums(weighted * features.T, self.kernel) / total
        return torch.cat([mean, (square - mean.square()).clamp_min(1e-6).sqrt()], dim=0).T

    def presence(self, voicing: Float[Tensor, "frame"]) -> Tensor:
        """From 0 to 1 how much voice each window has."""
        voiced = self.sums(voicing.unsqueeze(0), (self.kernel > 0).float())[0]
        return (voiced / MIN_VOICED_FRAMES).clamp_max(1.0)

    def pauses(self, voicing: Float[Tensor, "frame"]) -> Tensor:
        """True for each window in which, or after which, the middle of a pause lies before the next window's middle."""
        spoken = (voicing > 0.5).nonzero().flatten()
        middles = ((spoken[1:] + spoken[:-1]).float() / 2)[spoken[1:] - spoken[:-1] > PAUSE_FRAMES]
        step = ((middles - self.first) / self.hop).ceil() - 1
        return (step.unsqueeze(0) == torch.arange(self.count(voicing.shape[0])).unsqueeze(1)).float().sum(dim=1) > 0


def lasting_belief(
    belief: Float[Tensor, "window emotion"],
    presence: Float[Tensor, "window"],
    stays: Float[Tensor, "window"],
    evidence: float,
) -> Float[Tensor, "window emotion"]:
    """As `persistence.lasting_belief`; `stays` of the last window, after which no step comes, does not count."""
    observed = evidence * presence.unsqueeze(1) * belief.clamp_min(LEAST_BELIEF).log()
    before = passed_on(observed, stays)
    steps = torch.cat([stays[:-1].flip(0), stays[-1:]])
    after = passed_on(observed.flip(0), steps).flip(0)
    return (before + observed + after).softmax(dim=-1)


def passed_on(
    observed: Float[Tensor, "window emotion"], stays: Float[Tensor, "window"]
) -> Float[Tensor, "window emotion"]:
    """What the windows before each one say about it, as logarithms of probabilities up to a constant."""
    num_windows, num_emotions = observed.shape
    same, ones = torch.eye(num_emotions), torch.ones(num_emotions, num_emotions)
    change = ((1 - stays) / (num_emotions - 1)).view(-1, 1, 1)
    stay = stays.view(-1, 1, 1)
    passed = ((stay - change) * same + change * ones) * observed.exp().unsqueeze(1)
    places = torch.arange(num_windows).view(-1, 1, 1)
    for level in range(DOUBLINGS):
        earlier = passed[(places.flatten() - 2**level).clamp(min=0)]
        passed = passed @ torch.where(places >= 2**level, earlier, same)
        passed = passed / passed.amax(dim=(1, 2), keepdim=True)
    told = torch.cat([torch.ones(1, num_emotions), passed.sum(dim=2)])[:-1]
    return (told / told.sum(dim=1, keepdim=True)).log()


def steps_of(paused: Bool[Tensor, "window"], through_pauses: float, stays: float) -> Float[Tensor, "window"]:
    """How probably an emotion is still the same at the step after each window."""
    return torch.where(paused, torch.tensor(through_pauses), torch.tensor(stays))
