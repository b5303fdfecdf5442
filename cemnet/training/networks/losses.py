"""Loss functions, named by what they compare. All but `expression_loss` return a mean over the batch."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ...arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices

STILL = 0.01  # deviation of a captured curve below which its course says nothing
LEAST_POWER = 1e-3  # of a curve over a part, so that the gradient of a still one stays small
SOUND_SMOOTHING = 0.05  # phonemes are aligned to a frame or so


def expression_weights() -> Float[Tensor, "expression"]:
    """Weight of an error in each blendshape (mean 1): jaw and lip closure count most, then the mouth."""
    weights = torch.ones(NUM_EXPRESSIONS)
    weights[arkit_indices("mouth")] = 2.0
    weights[[ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]]] = 4.0
    return weights / weights.mean()


def expression_loss(
    performed: Float[Tensor, "batch frame expression"],
    target: Float[Tensor, "batch frame expression"],
    trust: Float[Tensor, "batch frame"] | None = None,
) -> Float[Tensor, "batch"]:
    """Weighted L1 distance of blendshapes, plus twice that of their frame-to-frame changes, for each clip.

    `trust` (0 to 1) is how much each frame of the target counts; None: all alike.
    """
    weights = expression_weights().to(target.device)
    trust = torch.ones_like(target[..., 0]) if trust is None else trust
    position = (weights * (performed - target).abs()).mean(dim=2)
    velocity = (weights * (performed.diff(dim=1) - target.diff(dim=1)).abs()).mean(dim=2)
    both_trusted = torch.minimum(trust[:, 1:], trust[:, :-1])
    return weighted_mean(position, trust, 1) + 2.0 * weighted_mean(velocity, both_trusted, 1)


def weighted_mean(
    values: Float[Tensor, "*shape"], weights: Float[Tensor, "*shape"], dim: int | None = None
) -> Float[Tensor, "*kept"]:
    """The mean along a dimension, or of everything, by weights of 0 to 1; 0 where nothing counts."""
    if dim is None:
        return (values * weights).sum() / weights.sum().clamp_min(1e-6)
    return (values * weights).sum(dim) / weights.sum(dim).clamp_min(1e-6)


def course_loss(
    performed: Float[Tensor, "batch frame expression"],
    captured: Float[Tensor, "batch frame expression"],
    known: Float[Tensor, "batch expression"],
) -> Float[Tensor, ""]:
    """How far curves and their changes are from moving with captured ones, whatever their size and resting place.

    One minus the correlation over time, of the curves and half as much of their changes; 0 where both move alike. Only
    `known` blendshapes (1, else 0) that the captured face moves in this part count.
    """
    weights = expression_weights().to(captured) * known * (captured.std(dim=1) > STILL)
    apart = (1 - _correlation(performed, captured)) + 0.5 * (
        1 - _correlation(performed.diff(dim=1), captured.diff(dim=1))
    )
    return (weights * apart).sum() / weights.sum().clamp_min(1)


def _correlation(
    first: Float[Tensor, "batch frame expression"], second: Float[Tensor, "batch frame expression"]
) -> Float[Tensor, "batch expression"]:
    """Pearson's over the frames; 0 where a curve is still."""
    first, second = first - first.mean(dim=1, keepdim=True), second - second.mean(dim=1, keepdim=True)
    size = ((first.square().sum(dim=1) + LEAST_POWER) * (second.square().sum(dim=1) + LEAST_POWER)).sqrt()
    return (first * second).sum(dim=1) / size


def closure_loss(closure: Float[Tensor, "batch frame"], closed: Bool[Tensor, "batch frame"]) -> Float[Tensor, ""]:
    """Binary cross-entropy of lip closure; closed frames are rare and count three times."""
    weights = torch.where(closed, 3.0, 1.0)
    return F.binary_cross_entropy(closure, closed.to(closure.dtype), weights)


def sound_loss(
    logits: Float[Tensor, "batch frame sound"],
    sounds: Int[Tensor, "batch frame"],
    present: Float[Tensor, "batch frame"],
) -> Float[Tensor, ""]:
    """Cross-entropy of the spoken sound in each frame that is present, by the phonemes of the clip."""
    missed = F.cross_entropy(logits.transpose(1, 2), sounds, reduction="none", label_smoothing=SOUND_SMOOTHING)
    return (missed * present).sum() / present.sum().clamp_min(1)


def supervised_contrastive_loss(
    embedding: Float[Tensor, "batch embedding"], label: Int[Tensor, "batch"], temperature: float = 0.1
) -> Float[Tensor, ""]:
    """Clips of one emotion gather, others part (Khosla et al., Supervised Contrastive Learning, 2020, eq. 2)."""
    similarity = embedding @ embedding.T / temperature
    self_pair = torch.eye(len(label), dtype=torch.bool, device=label.device)
    log_share = similarity - similarity.masked_fill(self_pair, -torch.inf).logsumexp(dim=1, keepdim=True)
    positive = (label.unsqueeze(0) == label.unsqueeze(1)) & ~self_pair
    per_anchor = (log_share * positive).sum(dim=1) / positive.sum(dim=1).clamp_min(1)
    has_positive = positive.any(dim=1)
    return -(per_anchor * has_positive).sum() / has_positive.sum().clamp_min(1)


def slot_perplexity(address: Float[Tensor, "*batch slot"]) -> Float[Tensor, ""]:
    """Effective number of slots in use over a batch: exp of the entropy of the mean address."""
    usage = address.flatten(0, -2).mean(dim=0)
    return (-(usage * usage.clamp_min(1e-8).log()).sum()).exp()
