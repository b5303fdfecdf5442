"""Speech on an emotional face: what closes the lips overrules what opens them."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import NUM_EXPRESSIONS, OPENING
from .lip_aperture import LIP_GAP_WEIGHTS, MOUTH_CLOSE


def articulate(
    emotional: Float[Tensor, "*batch expression"],
    articulation: Float[Tensor, "*batch expression"],
    closure: Float[Tensor, "*batch"],
) -> Float[Tensor, "*batch expression"]:
    """Adds speech to an emotional face; where the lips close, nothing that would open the mouth survives."""
    opening = torch.zeros(NUM_EXPRESSIONS, device=emotional.device)
    opening[OPENING] = 1.0
    return into_range((emotional + articulation) * (1 - closure.unsqueeze(-1) * opening))


def meet_lips(
    expression: Float[Tensor, "*batch expression"], closure: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch expression"]:
    """Where the lips close, what an emotion lifts nevertheless (a sneer the upper lip) is closed by mouthClose."""
    weights = torch.from_numpy(LIP_GAP_WEIGHTS).to(expression)
    gap = (expression @ weights).clamp_min(0) / -weights[MOUTH_CLOSE]
    met = expression.clone()
    met[..., MOUTH_CLOSE] += closure * gap
    return met.clamp(0, 1)


def into_range(expression: Float[Tensor, "*batch expression"]) -> Float[Tensor, "*batch expression"]:
    """Blendshapes cut to [0, 1] whose gradient still passes where they are cut: most of them rest at 0, and a plain
    clamp would never let them rise again in training.
    """
    return expression + (expression.clamp(0, 1) - expression).detach()
