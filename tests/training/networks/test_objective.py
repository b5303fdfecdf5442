"""A few steps of training lower every loss, and each part is taught by its own losses."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from small_model import SMALL

from cemnet.config import MANNER_AXES
from cemnet.emotion.audio_emotion import VoiceEmotion
from cemnet.network import EmotionNetwork, Performed
from cemnet.training.networks.adversary import RAMP_STEPS
from cemnet.training.networks.feature_clips import UNLABELLED
from cemnet.training.networks.losses import sound_loss
from cemnet.training.networks.objective import (
    Objective,
    driving_embedding,
    driving_state,
    hearing_losses,
    performance_losses,
)
from cemnet.training.networks.settings import TrainingSettings
from cemnet.training.task import total_loss

pytestmark = pytest.mark.slow


def test_training_lowers_every_main_loss(batch, trained_voices):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL)
    network.audio_emotion.standardised(*trained_voices.scale)
    objective = Objective(network, heard_share=0.5)
    weights = TrainingSettings().loss_weights
    optimizer = torch.optim.Adam(objective.parameters(), 3e-3)
    history = []
    for _ in range(40):
        losses = objective(batch)
        optimizer.zero_grad()
        total_loss(losses, weights).backward()
        optimizer.step()
        history.append({name: value.item() for name, value in losses.items()})
    for name in (
        "reconstruction",
        "cross_reconstruction",
        "emotion",
        "memory_displacement",
        "memory_face",
        "course",
        "sounds",
    ):
        assert history[-1][name] < history[0][name], name


def is_taught(module: torch.nn.Module) -> bool:
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    return any(gradient.abs().sum() > 0 for gradient in gradients)


def test_performances_teach_motion_the_memory_and_hearing(batch):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).train()
    losses = Objective(network, heard_share=1.0)(batch)
    losses["cross_reconstruction"].backward(retain_graph=True)
    hearing = network.audio_emotion
    for taught in (network.motion_decoder, network.emotion_memory, hearing.content_in, hearing.course, hearing.embed):
        assert is_taught(taught)
    assert is_taught(hearing.embed_manner)
    assert not is_taught(hearing.manner)
    assert hearing.prototypes.grad is not None and hearing.prototypes.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["memory_displacement", "memory_face", "memory_manner"])
def test_each_loss_of_the_memory_teaches_it_and_not_the_decoder(batch, name):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).train()
    Objective(network, heard_share=1.0)(batch)[name].backward()
    assert is_taught(network.emotion_memory)
    assert not is_taught(network.motion_decoder)


def test_performances_teach_what_is_heard_through_the_emotion_its_strength_and_z():
    heard = heard_as(2, 2)
    parts = {name: getattr(heard, name).clone().requires_grad_() for name in ("emotion", "intensity", "mannered")}
    heard, named = replace(heard, **parts), {
        "asked": torch.tensor([True, False]), "target_emotion": F.one_hot(torch.ones(2).long(), 8).float(),
        "target_intensity": torch.full((2,), 0.5),
    }  # fmt: skip
    state = driving_state(heard, torch.ones(2, 4), named, heard_share=1.0)
    (state.sum() + driving_embedding(heard, named, 4).sum()).backward()
    for name, part in parts.items():
        assert part.grad is not None, name
        assert part.grad[0].abs().sum() == 0 < part.grad[1].abs().sum(), name


def test_the_reader_of_emotion_learns_and_content_is_taught_against_it(batch):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).train()
    objective = Objective(network, heard_share=1.0, adversary=2.0)
    objective.adversary.steps.fill_(RAMP_STEPS)
    content = network.audio_emotion.content(batch["hidden"])
    seen = (batch["prosody"][..., 3], batch["present"], batch["content_style"])
    towards = torch.autograd.grad(objective.adversary(content, *seen), content)[0]
    away = content + 1e-2 * towards.sign()  # a step against the gradient, reversed: the reader is less sure
    step = content - 1e-2 * towards.sign()
    assert objective.adversary(step, *seen) > objective.adversary(content, *seen) > objective.adversary(away, *seen)
    optimizer = torch.optim.Adam(objective.adversary.parameters(), 1e-2)
    first = last = objective.adversary(content.detach(), *seen)
    for _ in range(30):
        optimizer.zero_grad()
        last = objective.adversary(content.detach(), *seen)
        last.backward()
        optimizer.step()
    assert last < first


def test_an_unlabelled_voice_has_nothing_to_read(batch):
    objective = Objective(EmotionNetwork(SMALL), heard_share=1.0)
    content = torch.rand(2, 20, SMALL.audio_emotion.num_sounds)
    unlabelled = torch.full((2,), UNLABELLED)
    assert objective.adversary(content, torch.ones(2, 20), torch.ones(2, 20), unlabelled) == 0


def test_the_spoken_sounds_are_taught_where_the_clip_is_present():
    sounds, present = torch.tensor([[3, 5, 7, 0]]), torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    right = 10 * F.one_hot(sounds, 41).float()
    wrong = 10 * F.one_hot((sounds + present.long()) % 41, 41).float()
    padded_wrong = 10 * F.one_hot(sounds + 1 - present.long(), 41).float()
    assert sound_loss(right, sounds, present) < 0.6 < 5 < sound_loss(wrong, sounds, present)
    torch.testing.assert_close(sound_loss(padded_wrong, sounds, present), sound_loss(right, sounds, present))


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
        "same_clip": torch.tensor([True, False]), "trust": torch.ones(2, 8),
    }  # fmt: skip


def heard_as(emotion: int, count: int, sureness: float = 1.0) -> VoiceEmotion:
    emotions = F.one_hot(torch.full((count,), emotion), 8).float()
    logits = sureness * F.one_hot(torch.full((count,), emotion), 10).float()
    return VoiceEmotion(
        torch.eye(count, 16), logits, emotions, torch.ones(count), emotions, torch.ones(count), torch.ones(count, 8),
        torch.zeros(count, 5),
    )  # fmt: skip


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
    batch = {
        "judged_style": torch.full((3, 1), 4),
        "judged_strength": torch.ones(3, 1),
        "judged_manner": torch.zeros(3, 1, 5),
    }
    unsure, sure, too_sure = (hearing_losses(heard_as(4, 3, sureness), batch)["emotion"] for sureness in (1, 4, 50))
    assert sure < unsure
    assert sure < too_sure


def test_hearing_learns_the_manner_of_each_voice_and_not_of_another():
    manners = torch.arange(3.0).unsqueeze(1).expand(-1, len(MANNER_AXES))
    batch = {
        "judged_style": torch.full((3, 1), 4), "judged_strength": torch.ones(3, 1),
        "judged_manner": manners.unsqueeze(1),
    }  # fmt: skip
    right = replace(heard_as(4, 3), manner=manners)
    shuffled = replace(right, manner=manners.roll(1, 0))
    assert hearing_losses(right, batch)["manner"] == 0
    assert hearing_losses(shuffled, batch)["manner"] > 1


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
    embedding = driving_embedding(heard_as(sad, 2), batch, 4)
    assert embedding[0].abs().max() == 0  # no voice speaks
    torch.testing.assert_close(embedding[1], heard_as(sad, 2).embedding[1].expand(4, -1))
