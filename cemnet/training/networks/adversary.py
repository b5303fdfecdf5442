"""An adversary that reads the emotion of a voice from its content, so that content learns not to tell it.

Gradient reversal: Ganin & Lempitsky, "Unsupervised domain adaptation by backpropagation", ICML 2015. It sees what the
probe of `evaluation.voice.content_probe` sees: mean and deviation over time, of all frames and of voiced ones.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .feature_clips import STYLES, UNLABELLED

HIDDEN_DIM = 64
RAMP_STEPS = 300  # in which the adversary learns before it counts in full
LEAST_VARIANCE = 1e-6


class EmotionAdversary(nn.Module):
    """Names the style of a voice by its content; whoever makes the content is trained against it, by `strength`."""

    steps: Tensor

    def __init__(self, num_sounds: int, strength: float) -> None:
        super().__init__()
        self.strength = strength
        self.register_buffer("steps", torch.zeros(()))
        self.read = nn.Sequential(
            nn.LayerNorm(4 * num_sounds), nn.Linear(4 * num_sounds, HIDDEN_DIM), nn.GELU(),
            nn.Linear(HIDDEN_DIM, len(STYLES)),
        )  # fmt: skip

    def forward(
        self,
        content: Float[Tensor, "batch frame sound"],
        voicing: Float[Tensor, "batch frame"],
        present: Float[Tensor, "batch frame"],
        style: Int[Tensor, "batch"],
    ) -> Float[Tensor, ""]:
        """Cross-entropy of the styles of the labelled clips; its gradient reaches `content` reversed."""
        if self.training:
            self.steps += 1
        reversed_content = _Reversed.apply(content, self.strength * float((self.steps / RAMP_STEPS).clamp_max(1)))
        pooled = torch.cat([_pooled(reversed_content, present), _pooled(reversed_content, present * voicing)], dim=-1)
        labelled = style != UNLABELLED
        missed = F.cross_entropy(self.read(pooled), style.clamp_min(0), reduction="none")
        return (missed * labelled).sum() / labelled.sum().clamp_min(1)


def _pooled(content: Float[Tensor, "batch frame sound"], weight: Float[Tensor, "batch frame"]) -> Tensor:
    share = weight.unsqueeze(-1) / weight.sum(dim=1).clamp_min(1).view(-1, 1, 1)
    mean = (content * share).sum(dim=1, keepdim=True)
    variance = ((content - mean).square() * share).sum(dim=1)
    return torch.cat([mean.squeeze(1), (variance + LEAST_VARIANCE).sqrt()], dim=-1)


class _Reversed(torch.autograd.Function):
    """The identity, whose gradient is multiplied by minus the strength."""

    @staticmethod
    def forward(ctx, values: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return values.view_as(values)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradients[0], None
