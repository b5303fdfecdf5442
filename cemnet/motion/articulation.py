"""Adds speech to an emotional face; a closure of the lips overrules everything that opens them."""

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
    """Blendshapes of an emotional face plus speech; a lip closure (0 to 1) takes away what opens the mouth."""
    opening = torch.zeros(NUM_EXPRESSIONS, device=emotional.device)
    opening[OPENING] = 1.0
    return into_range((emotional + articulation) * (1 - closure.unsqueeze(-1) * opening))


def meet_lips(
    expression: Float[Tensor, "*batch expression"], closure: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch expression"]:
    """Blendshapes whose mouthClose closes the gap that remains at a lip closure (0 to 1), such as that of a sneer."""
    weights = torch.from_numpy(LIP_GAP_WEIGHTS).to(expression)
    gap = (expression @ weights).clamp_min(0) / -weights[MOUTH_CLOSE]
    met = expression.clone()
    met[..., MOUTH_CLOSE] += closure * gap
    return met.clamp(0, 1)


def into_range(expression: Float[Tensor, "*batch expression"]) -> Float[Tensor, "*batch expression"]:
    """Blendshapes clipped to [0, 1] with a straight-through gradient.

    Most blendshapes rest at 0; the gradient of a plain clamp is zero there, so that they would never learn to rise.
    """
    return expression + (expression.clamp(0, 1) - expression).detach()
