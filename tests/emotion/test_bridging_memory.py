"""The bridging memory's hard properties hold for any weights."""

import pytest
import torch

from cemnet.config import EmotionMemoryConfig
from cemnet.emotion.bridging_memory import EmotionMemory
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS


@pytest.fixture
def memory() -> EmotionMemory:
    torch.manual_seed(0)
    memory = EmotionMemory(EmotionMemoryConfig())
    torch.nn.init.normal_(memory.cross_scale)  # untrained it is zero and would hide the cross term
    return memory.eval()


@pytest.fixture
def identity(memory) -> torch.Tensor:
    return memory.identity_code(torch.rand(2, 52), torch.rand(2, NUM_SHOWN_EMOTIONS))


def states(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, NUM_SHOWN_EMOTIONS)


def test_a_face_already_showing_the_voices_emotion_is_left_alone(memory, identity):
    reference = states(2)
    displacement, _ = memory(reference, reference.unsqueeze(1).expand(-1, 5, -1), identity)
    torch.testing.assert_close(displacement, torch.zeros_like(displacement), atol=1e-6, rtol=0)


def test_the_way_back_is_the_way_there_reversed(memory, identity):
    a, b = states(2), states(2)
    there, _ = memory(a, b.unsqueeze(1), identity)
    back, _ = memory(b, a.unsqueeze(1), identity)
    assert there.abs().max() > 0.01
    torch.testing.assert_close(there, -back, atol=1e-6, rtol=0)


def test_a_face_goes_from_neutral_to_what_the_memory_stores_and_back(memory, identity):
    """Every slot stores a raised blendshape: it rises as far as the emotion comes, and sinks as far as it leaves."""
    with torch.no_grad():
        memory.values[:, 7] = 1.0
    neutral, happy = torch.zeros(2, NUM_SHOWN_EMOTIONS), 0.6 * torch.eye(NUM_SHOWN_EMOTIONS)[[0, 0]]
    for reference, target, change in ((neutral, happy, 0.6), (happy, neutral, -0.6)):
        displacement, _ = memory(reference, target.unsqueeze(1), identity)
        torch.testing.assert_close(displacement[:, 0, 7], torch.full((2,), change))


def test_bridging_through_a_third_emotion_adds_up_without_the_cross_term(memory, identity):
    torch.nn.init.zeros_(memory.cross_scale)
    a, b, c = states(2), states(2), states(2)
    direct, _ = memory(a, c.unsqueeze(1), identity)
    first, _ = memory(a, b.unsqueeze(1), identity)
    second, _ = memory(b, c.unsqueeze(1), identity)
    torch.testing.assert_close(direct, first + second, atol=1e-5, rtol=0)


def test_addresses_are_distributions_over_slots(memory, identity):
    _, address = memory(states(2), states(2, 7), identity)
    assert address.shape == (2, 7, memory.config.num_slots)
    assert (address >= 0).all()
    torch.testing.assert_close(address.sum(-1), torch.ones(2, 7))
