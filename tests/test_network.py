"""Memory and decoder together: a face is bridged to an emotion and speaks."""

import pytest
import torch
from small_model import SMALL

from cemnet.arkit import NUM_EXPRESSIONS
from cemnet.config import PROSODY_DIM
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS
from cemnet.network import EmotionNetwork

NUM_FRAMES = 6


@pytest.fixture
def network() -> EmotionNetwork:
    torch.manual_seed(0)
    return EmotionNetwork(SMALL).eval()


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = {
        "content": (2, NUM_FRAMES, SMALL.audio_emotion.content_dim),
        "prosody": (2, NUM_FRAMES, PROSODY_DIM),
        "reference_expression": (2, NUM_EXPRESSIONS),
        "reference_state": (2, NUM_SHOWN_EMOTIONS),
        "target_state": (2, NUM_FRAMES, NUM_SHOWN_EMOTIONS),
    }
    return {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}


def test_every_frame_of_the_voice_is_performed(network, batch):
    performed = network.perform(**batch)
    assert performed.expression.shape == performed.displacement.shape == (2, NUM_FRAMES, NUM_EXPRESSIONS)
    assert performed.expression.min() >= 0 and performed.expression.max() <= 1
    assert performed.closure.shape == (2, NUM_FRAMES) and performed.head.shape == (2, NUM_FRAMES, 3)
    torch.testing.assert_close(performed.address.sum(-1), torch.ones(2, NUM_FRAMES))


def test_faces_of_a_batch_do_not_see_each_other(network, batch):
    together = network.perform(**batch).expression
    alone = network.perform(**{name: values[1:] for name, values in batch.items()}).expression
    torch.testing.assert_close(together[1:], alone)


def test_compensation_changes_the_face_and_not_what_the_memory_recalls(network, batch):
    bridged, added = (network.perform(**batch, compensation=amount) for amount in (1.0, 0.0))
    torch.testing.assert_close(bridged.displacement, added.displacement)
    assert (bridged.expression - added.expression).abs().max() > 1e-3


def test_a_performance_teaches_the_states_and_not_the_memory(network, batch):
    reference, target = (batch[name].requires_grad_() for name in ("reference_state", "target_state"))
    identity = torch.rand(2, SMALL.emotion_memory.identity_dim, requires_grad=True)
    recalled, _ = network.train().recall(reference, target, identity)
    recalled.square().sum().backward()
    assert target.grad is not None and target.grad.abs().max() > 0
    assert identity.grad is None
    assert all(parameter.grad is None for parameter in network.emotion_memory.parameters())


def test_training_and_running_recall_the_same(network, batch):
    identity = torch.rand(2, SMALL.emotion_memory.identity_dim)
    states = batch["reference_state"], batch["target_state"]
    torch.testing.assert_close(network.recall(*states, identity), network.train().recall(*states, identity))
