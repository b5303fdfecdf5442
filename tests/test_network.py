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
        "content": (2, NUM_FRAMES, SMALL.audio_emotion.num_sounds),
        "prosody": (2, NUM_FRAMES, PROSODY_DIM),
        "reference_expression": (2, 1, NUM_EXPRESSIONS),
        "reference_state": (2, 1, NUM_SHOWN_EMOTIONS),
        "target_state": (2, NUM_FRAMES, NUM_SHOWN_EMOTIONS),
        "embedding": (2, NUM_FRAMES, SMALL.audio_emotion.embedding_dim),
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


def test_the_memory_is_asked_with_the_portrait_s_own_expression(network, batch):
    other = {**batch, "reference_expression": batch["reference_expression"].flip(0)}
    asked, differently = network.perform(**batch), network.perform(**other)
    assert (asked.displacement - differently.displacement).abs().max() > 1e-4


def test_compensation_changes_the_face_and_not_what_the_memory_recalls(network, batch):
    bridged, added = (network.perform(**batch, compensation=amount) for amount in (1.0, 0.0))
    torch.testing.assert_close(bridged.displacement, added.displacement)
    assert (bridged.expression - added.expression).abs().max() > 1e-3


def test_more_portraits_of_a_person_change_the_performance_unless_they_do_not_count(network, batch):
    more = dict(batch)
    for name in ("reference_expression", "reference_state"):
        more[name] = torch.cat([batch[name], torch.rand_like(batch[name])], dim=1)
    one, two, still_one = (
        network.perform(**batch),
        network.perform(**more),
        network.perform(**more, seen=torch.tensor([[1.0, 0.0]] * 2)),
    )
    assert (two.expression - one.expression).abs().max() > 1e-4
    torch.testing.assert_close(still_one.expression, one.expression)


def test_the_voices_embedding_moves_the_memory_and_the_decoder(network, batch):
    silent = {**batch, "embedding": torch.zeros_like(batch["embedding"])}
    with torch.no_grad():
        network.emotion_memory.manners.normal_(0, 0.1)
    spoken, unspoken = network.perform(**batch), network.perform(**silent)
    assert (spoken.displacement - unspoken.displacement).abs().max() > 1e-3
    with torch.no_grad():
        network.emotion_memory.manners.zero_()
    assert (network.perform(**batch).expression - network.perform(**silent).expression).abs().max() > 1e-4


def test_a_performance_teaches_the_memory_and_whatever_made_the_target(network, batch):
    target, embedding = (batch[name].requires_grad_() for name in ("target_state", "embedding"))
    with torch.no_grad():
        network.emotion_memory.manners.normal_(0, 0.1)
    network.train().perform(**batch).expression.square().sum().backward()
    for taught in (target, embedding, network.emotion_memory.apexes, network.emotion_memory.keys):
        assert taught.grad is not None and taught.grad.abs().max() > 0
