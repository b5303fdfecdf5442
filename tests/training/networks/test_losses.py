"""Each loss is least where it should be."""

import torch
import torch.nn.functional as F

from cemnet.training.networks.losses import (
    closure_loss,
    expression_loss,
    slot_perplexity,
    supervised_contrastive_loss,
)


def test_a_perfect_performance_costs_nothing_and_the_mouth_counts_more_than_the_nose():
    from cemnet.arkit import ARKIT_INDEX

    target = torch.rand(2, 10, 52)
    assert expression_loss(target, target).abs().max() == 0
    jaw, nose = target.clone(), target.clone()
    jaw[..., ARKIT_INDEX["jawOpen"]] += 0.1
    nose[..., ARKIT_INDEX["noseSneerLeft"]] += 0.1
    assert (expression_loss(jaw, target) > expression_loss(nose, target)).all()


def test_contrast_is_lower_when_emotions_gather():
    label = torch.tensor([0, 0, 1, 1])
    gathered = F.normalize(torch.tensor([[1.0, 0.1], [1.0, 0.0], [0.0, 1.0], [0.1, 1.0]]), dim=-1)
    mixed = gathered[[0, 2, 1, 3]]
    assert supervised_contrastive_loss(gathered, label) < supervised_contrastive_loss(mixed, label)
    assert torch.isfinite(supervised_contrastive_loss(gathered, torch.arange(4)))


def test_perplexity_counts_the_slots_in_use():
    assert slot_perplexity(torch.full((10, 8), 1 / 8)) > 7.9
    assert slot_perplexity(F.one_hot(torch.zeros(10, dtype=torch.long), 8).float()) < 1.1


def test_a_missed_closure_costs_more_than_a_false_one():
    closed = torch.tensor([[True, False]])
    missed, false = torch.tensor([[0.1, 0.1]]), torch.tensor([[0.9, 0.9]])
    assert closure_loss(missed, closed) > closure_loss(false, closed)


def test_a_trembling_face_costs_more_than_one_that_is_steadily_off():
    target = torch.rand(2, 8, 52)
    steady = torch.full((2, 8, 52), 0.05)
    trembling = steady * torch.tensor([1.0, -1.0]).repeat(4)[None, :, None]
    costs = [expression_loss(target + error, target) for error in (steady, trembling)]
    assert (costs[1] > 2 * costs[0]).all()
