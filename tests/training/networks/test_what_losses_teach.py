"""Every loss reaches what it names, and costs most what looks worst."""

import pytest
import torch
import torch.nn.functional as F

from cemnet.emotion.audio_emotion import VoiceEmotion
from cemnet.network import Performed
from cemnet.training.networks.losses import expression_loss
from cemnet.training.networks.objective import driving_state, hearing_losses, performance_losses, total_loss


def performed(expression, closure=None, head=None) -> Performed:
    num_clips, num_frames, _ = expression.shape
    closure = torch.full((num_clips, num_frames), 0.5) if closure is None else closure
    head = torch.zeros(num_clips, num_frames, 3) if head is None else head
    return Performed(expression, closure, head, torch.zeros_like(expression), torch.zeros(num_clips, num_frames, 4))


@pytest.fixture
def target() -> dict[str, torch.Tensor]:
    """Two performances: the words of a clip with its own emotion, and with another clip's."""
    torch.manual_seed(0)
    return {
        "expression": torch.rand(2, 8, 52), "closed": torch.rand(2, 8) < 0.3, "head": 0.1 * torch.randn(2, 8, 3),
        "same_clip": torch.tensor([True, False]),
    }  # fmt: skip


def heard_as(emotion: int, count: int, sureness: float = 1.0) -> VoiceEmotion:
    emotions = F.one_hot(torch.full((count,), emotion), 8).float()
    logits = sureness * F.one_hot(torch.full((count,), emotion), 10).float()
    return VoiceEmotion(torch.eye(count, 16), logits, emotions, torch.ones(count), emotions, torch.ones(count))


def test_a_trembling_face_costs_more_than_one_that_is_steadily_off(target):
    steady = torch.full((2, 8, 52), 0.05)
    trembling = steady * torch.tensor([1.0, -1.0]).repeat(4)[None, :, None]
    costs = [expression_loss(target["expression"] + error, target["expression"]) for error in (steady, trembling)]
    assert (costs[1] > 2 * costs[0]).all()


@pytest.mark.parametrize(("clip", "name"), [(0, "reconstruction"), (1, "cross_reconstruction")])
def test_an_error_counts_where_the_emotion_is_the_clips_own_or_anothers(target, clip, name):
    wrong = target["expression"].clone()
    wrong[clip] += 0.1
    losses = performance_losses(performed(wrong), target)
    other = {"reconstruction": "cross_reconstruction", "cross_reconstruction": "reconstruction"}[name]
    assert losses[name] > 0.05
    assert losses[other] == 0


@pytest.mark.parametrize(
    ("name", "part"),
    [("reconstruction", 0), ("cross_reconstruction", 0), ("closure", 1), ("head", 2)],
)
def test_every_loss_of_a_performance_teaches_its_part(target, name, part):
    parts = [torch.rand(2, 8, 52), torch.full((2, 8), 0.4), torch.zeros(2, 8, 3)]
    for values in parts:
        values.requires_grad_()
    performance_losses(performed(*parts), target)[name].backward()
    taught = [values.grad is not None and bool(values.grad.abs().sum() > 0) for values in parts]
    assert taught == [index == part for index in range(3)]


def test_hearing_is_not_taught_to_be_too_sure():
    batch = {"judged_style": torch.full((3, 1), 4), "judged_strength": torch.ones(3, 1)}
    unsure, sure, too_sure = (hearing_losses(heard_as(4, 3, sureness), batch)["emotion"] for sureness in (1, 4, 50))
    assert sure < unsure
    assert sure < too_sure


def test_losses_are_summed_by_their_weights_and_what_is_only_watched_is_left_out():
    losses = {"closure": torch.tensor(1.0), "head": torch.tensor(2.0), "monitor_accuracy": torch.tensor(100.0)}
    assert total_loss(losses, {"closure": 3.0, "head": 0.25}) == 3.5


def test_what_is_asked_for_by_name_is_performed_whatever_the_voice_says():
    happy, sad = 1, 2
    batch = {
        "asked": torch.tensor([True, False]), "target_intensity": torch.full((2,), 0.5),
        "target_emotion": F.one_hot(torch.full((2,), happy), 8).float(),
    }  # fmt: skip
    course = torch.ones(2, 4)
    for heard_share, second in ((1.0, sad), (0.0, happy)):
        driven = driving_state(heard_as(sad, 2), course, batch, heard_share)
        assert driven[0, 0].tolist() == [0.5, *[0.0] * 6]
        assert driven[1, 0].argmax() == second - 1
