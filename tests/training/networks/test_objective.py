"""A few steps of training lower every loss, and each part is taught by its own losses."""

import pytest
import torch
from small_model import SMALL

from cemnet.network import EmotionNetwork
from cemnet.training.networks.objective import Objective
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
    for name in ("reconstruction", "cross_reconstruction", "emotion", "memory_value", "memory_retrieval", "course"):
        assert history[-1][name] < history[0][name], name


def is_taught(module: torch.nn.Module) -> bool:
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    return any(gradient.abs().sum() > 0 for gradient in gradients)


def test_performances_teach_motion_and_neither_the_memory_nor_hearing(batch):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).train()
    losses = Objective(network, heard_share=1.0)(batch)
    losses["cross_reconstruction"].backward(retain_graph=True)
    assert is_taught(network.motion_decoder)
    assert is_taught(network.audio_emotion.content_in)
    assert is_taught(network.audio_emotion.course)
    assert not is_taught(network.emotion_memory)
    assert not is_taught(network.audio_emotion.embed)
    assert network.audio_emotion.prototypes.grad is None
    losses["emotion"].backward()
    assert is_taught(network.audio_emotion.embed)
    assert network.audio_emotion.prototypes.grad is not None
    losses["memory_bridge"].backward()
    assert is_taught(network.emotion_memory)
