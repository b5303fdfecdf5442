"""Normalises features over time by a clip's own statistics, so that they tell what changes in it and not how it sounds.

Instance normalisation takes the "style" of a voice and leaves its content (Chou, Yeh & Lee, "One-shot voice conversion
by separating speaker and content representations with instance normalization", Interspeech 2019).
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..types import MOTION_FPS

ENOUGH_FRAMES = 2.0 * MOTION_FPS
LEAST_VARIANCE = 1e-5
LEAST_SCALE = 0.5  # of the usual


def normalise_over_time(
    values: Float[Tensor, "batch frame channel"],
    present: Bool[Tensor, "batch frame"],
    usual_mean: Float[Tensor, "channel"],
    usual_scale: Float[Tensor, "channel"],
) -> Float[Tensor, "batch frame channel"]:
    """Each channel with mean 0 and deviation 1 over the frames that are present; absent ones (padding) do not count.

    The statistics of fewer than ENOUGH_FRAMES frames say little: they are mixed with the usual ones, in proportion to
    the frames that are missing. A deviation counts as at least LEAST_SCALE of the usual one, so that silence is not
    blown up until it moves the lips as speech does.
    """
    share = present.unsqueeze(-1).to(values.dtype)
    centred = (values - usual_mean) * share  # the usual mean first: no digits are lost in the sum of squares
    count = share.sum(dim=1, keepdim=True).clamp_min(1.0)
    total, squares = centred.sum(dim=1, keepdim=True), centred.square().sum(dim=1, keepdim=True)
    own = (count / ENOUGH_FRAMES).clamp_max(1.0)
    mean = total / count
    variance = own * (squares / count - mean.square()).clamp_min(0) + (1 - own) * usual_scale.square()
    variance = torch.maximum(variance, (LEAST_SCALE * usual_scale).square())
    return (values - usual_mean - own * mean) * (variance + LEAST_VARIANCE).rsqrt()


@torch.no_grad()
def follow_statistics(
    values: Float[Tensor, "batch frame channel"],
    present: Bool[Tensor, "batch frame"],
    usual_mean: Float[Tensor, "channel"],
    usual_scale: Float[Tensor, "channel"],
    pace: float,
) -> None:
    """Moves the usual statistics, in place, by a share (`pace`) toward those of a batch."""
    heard = values[present]
    if len(heard) > 1:
        usual_mean.lerp_(heard.mean(dim=0), pace)
        usual_scale.lerp_(heard.std(dim=0), pace)
