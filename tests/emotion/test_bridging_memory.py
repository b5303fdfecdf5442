"""What the bridging memory promises for any weights, and what it knows of people whom it was filled with."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.config import AudioEmotionConfig, EmotionMemoryConfig
from cemnet.emotion.bridging_memory import EmotionMemory, mirrored_groups
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS

NUM_CHANNELS, NUM_STATES, NOISE = 6, 3, 0.1


@pytest.fixture
def memory() -> EmotionMemory:
    torch.manual_seed(0)
    voice = AudioEmotionConfig(embedding_dim=8, manner_dim=2)
    memory = EmotionMemory(EmotionMemoryConfig(num_slots=12, hidden_dim=16, num_manners=5), voice)
    with torch.no_grad():
        for parameter in memory.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return memory.eval()


@pytest.fixture
def portrait() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shape = (2, 1)
    return torch.rand(*shape, NUM_EXPRESSIONS, generator=generator), torch.rand(
        *shape, NUM_SHOWN_EMOTIONS, generator=generator
    )


def states(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, NUM_SHOWN_EMOTIONS, generator=torch.Generator().manual_seed(2))


def people(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Faces at rest, and displacements in which each person has a gain of its own for every channel."""
    generator = torch.Generator().manual_seed(seed)
    usual = torch.rand(NUM_STATES, NUM_CHANNELS, generator=torch.Generator().manual_seed(9))
    gains = 1 + 0.5 * torch.randn(count, 1, NUM_CHANNELS, generator=generator)
    return 0.1 * torch.randn(count, NUM_CHANNELS, generator=generator), usual * gains


def known_people() -> EmotionMemory:
    return EmotionMemory.of_people(*people(800, seed=3), torch.full((NUM_CHANNELS,), NOISE))


def portraits_of(rest, apexes, shown: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy portraits of unseen people in some states, and the states."""
    state = torch.eye(NUM_STATES)[shown].expand(len(rest), -1, -1)
    faces = rest.unsqueeze(1) + state @ apexes
    return faces + NOISE * torch.randn(faces.shape, generator=torch.Generator().manual_seed(4)), state


def test_a_face_that_already_shows_the_voices_emotion_is_left_alone(memory, portrait):
    reference = portrait[1][:, 0]
    moved = memory.remember(*portrait).displacement(reference, reference.unsqueeze(1).expand(-1, 5, -1))
    assert moved.abs().max() == 0


def test_the_displacement_leads_from_the_portraits_emotion_to_the_voices(memory, portrait):
    person, own, wanted = memory.remember(*portrait), portrait[1][:, 0], states(2, 3)
    way = person.face(wanted) - person.face(own.unsqueeze(1))
    torch.testing.assert_close(person.displacement(own, wanted), way)


def test_a_stronger_emotion_moves_the_face_further_and_never_back(memory, portrait):
    """Monotone strength: from the reference on, every blendshape keeps its direction."""
    strengths = torch.linspace(0, 1, 6).unsqueeze(1)
    target = strengths * torch.eye(NUM_SHOWN_EMOTIONS)[2]
    moved = memory.remember(*portrait).displacement(torch.zeros(2, NUM_SHOWN_EMOTIONS), target.expand(2, -1, -1))
    steps = moved.diff(dim=1)
    assert (steps * steps[:, -1:] >= -1e-9).all()
    assert moved[:, -1].abs().max() > 0.05


def test_portraits_of_one_state_and_of_others_lead_to_other_people(memory, portrait):
    expression, reference = portrait
    first = memory.remember(expression, reference).apexes
    assert (memory.remember(expression.flip(0), reference).apexes - first).abs().max() > 1e-3
    assert (memory.remember(expression, reference.flip(0)).apexes - first).abs().max() > 1e-3


def test_what_is_remembered_lies_among_the_people_who_are_stored(memory, portrait):
    person = memory.remember(*portrait)
    stored = memory.rest.unsqueeze(1) + memory.apexes
    low, high = stored.amin(0) - 1e-5, stored.amax(0) + 1e-5
    faces = person.face(torch.eye(NUM_SHOWN_EMOTIONS).expand(2, -1, -1))
    assert ((faces >= low) & (faces <= high)).all()
    assert ((person.rest >= memory.rest.amin(0) - 1e-5) & (person.rest <= memory.rest.amax(0) + 1e-5)).all()


def test_a_blendshape_and_its_mirror_image_are_remembered_from_the_same_people(memory, portrait):
    groups = mirrored_groups()
    assert groups[ARKIT_INDEX["mouthSmileLeft"]] == groups[ARKIT_INDEX["mouthSmileRight"]]
    assert groups[ARKIT_INDEX["mouthSmileLeft"]] != groups[ARKIT_INDEX["mouthFrownLeft"]]
    with torch.no_grad():
        left, right = ARKIT_INDEX["browDownLeft"], ARKIT_INDEX["browDownRight"]
        memory.apexes[:, :, right] = 0.8 * memory.apexes[:, :, left]
        memory.rest[:, right] = 0.8 * memory.rest[:, left]
    apexes = memory.remember(*portrait).apexes
    torch.testing.assert_close(apexes[..., right], 0.8 * apexes[..., left])


def test_the_memory_knows_unseen_people_better_than_their_mean():
    """A constant table in the memory's place, the best there is, loses what a portrait tells of its person."""
    memory, (rest, apexes) = known_people(), people(100, seed=5)
    person = memory.remember(*portraits_of(rest, apexes, [0]))
    other = 1
    missed = (person.rest + person.apexes[:, other] - rest - apexes[:, other]).square().mean()
    table = memory.rest.mean(0) + memory.apexes[:, other].mean(0)
    assert missed < 0.5 * (table - rest - apexes[:, other]).square().mean()


def test_a_portrait_of_somebody_else_misleads():
    memory, (rest, apexes) = known_people(), people(100, seed=5)
    expression, state = portraits_of(rest, apexes, [0])
    missed = [
        (memory.remember(seen, state).apexes - apexes).square().mean() for seen in (expression, expression.roll(1, 0))
    ]
    assert missed[0] < 0.5 * missed[1]


def test_more_portraits_tell_more():
    memory, (rest, apexes) = known_people(), people(100, seed=5)
    missed = [
        (memory.remember(*portraits_of(rest, apexes, shown)).apexes - apexes).square().mean()
        for shown in ([0], [0, 1], [0, 1, 2])
    ]
    assert missed[0] > 1.1 * missed[1]
    assert missed[1] > missed[2]


def test_evidence_of_independent_portraits_adds_up_and_padding_does_not_count(memory, portrait):
    expression, reference = (part.expand(-1, 3, -1) for part in portrait)
    other = torch.cat([expression[:, :1], expression[:, 1:].flip(0)], 1)
    alone = memory.remember(*portrait)
    padded = memory.remember(other, reference, torch.tensor([[1.0, 0.0, 0.0]] * 2))
    torch.testing.assert_close(padded.apexes, alone.apexes)
    assert (memory.remember(other, reference).apexes - alone.apexes).abs().max() > 1e-3


def test_shares_say_who_moved_the_face(memory, portrait):
    person = memory.remember(*portrait)
    reference, target = portrait[1][:, 0], states(2, 7)
    share = person.shares(reference, target)
    assert share.shape == (2, 7, 12)
    torch.testing.assert_close(share.sum(-1), torch.ones(2, 7))
    assert person.shares(reference, reference.unsqueeze(1)).abs().max() == 0  # nobody moves a face that stays
    with torch.no_grad():
        memory.apexes[3] = 0
    assert memory.remember(*portrait).shares(reference, target)[..., 3].abs().max() == 0


def test_the_voices_manner_counts_in_proportion_to_emotion_and_embedding(memory):
    generator = torch.Generator().manual_seed(3)
    emotional = torch.nn.functional.normalize(torch.randn(2, 4, 6, generator=generator), dim=-1)
    embedding = torch.cat([emotional, 3 * torch.randn(2, 4, 2, generator=generator)], dim=-1)
    state = states(2, 4)
    whole = memory.manner(embedding, state)
    assert whole.abs().max() > 1e-2
    torch.testing.assert_close(memory.manner(embedding, 0.5 * state), 0.5 * whole)
    assert memory.manner(torch.zeros_like(embedding), state).abs().max() == 0
    memory.manner_query.bias.data.zero_()  # then a shorter embedding asks for the same manner
    torch.testing.assert_close(memory.manner(0.3 * embedding, state), 0.3 * memory.manner(embedding, state))
    assert memory.manner(embedding, torch.zeros_like(state)).abs().max() == 0
    other = torch.cat([embedding[..., : memory.emotional_dim], -embedding[..., memory.emotional_dim :]], dim=-1)
    assert (memory.manner(other, state) - memory.manner(embedding, state)).abs().max() > 1e-2  # in another manner


def test_what_nobody_explains_of_a_portrait_stays_where_the_emotion_stays(memory):
    reference, target = torch.zeros(1, NUM_SHOWN_EMOTIONS), torch.zeros(1, 3, NUM_SHOWN_EMOTIONS)
    reference[0, 2], target[0, 0, 2], target[0, 1, 0] = 0.8, 0.8, 1.0  # the same, another, less of it
    kept = memory.kept_share(reference, target)[0]
    torch.testing.assert_close(kept[0], torch.ones(NUM_EXPRESSIONS))
    torch.testing.assert_close(kept[1], memory.kept.sigmoid())
    torch.testing.assert_close(kept[2], 1 - 0.8 * (1 - memory.kept.sigmoid()))
