"""Diagnostics of the memory on memories whose answers are known."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.checkpoint import find_weights
from cemnet.config import AudioEmotionConfig, EmotionMemoryConfig
from cemnet.emotion.bridging_memory import EmotionMemory
from cemnet.evaluation.memory import (
    PAIRS,
    Bridged,
    People,
    address_map,
    alike_for_everybody,
    bridge,
    error_tables,
    linear_regression,
    references,
    shares,
    table_faces,
    usage_table,
    worst_table,
)
from cemnet.network import NETWORK_WEIGHTS, EmotionNetwork


@pytest.fixture(scope="module")
def people():
    return People.sample(20, seed=1)


@pytest.fixture(scope="module")
def known():
    return People.sample(150, seed=2)


@pytest.fixture
def memory(known):
    """Filled with known people, and not trained."""
    torch.manual_seed(0)
    memory = EmotionMemory(EmotionMemoryConfig(num_slots=150, hidden_dim=16), AudioEmotionConfig()).eval()
    with torch.no_grad():
        memory.rest.copy_(known.faces("neutral"))
        memory.apexes.copy_(torch.stack([known.displacements("neutral", emotion) for emotion in EMOTIONS[1:]], 1))
    return memory


@pytest.fixture(scope="module")
def released():
    return EmotionNetwork.load(find_weights(NETWORK_WEIGHTS)).emotion_memory


def row(table, name):
    return next(cells for cells in table.rows if cells[0] == name)


def test_people_are_drawn_alike_by_one_seed_and_differ_by_another(people):
    assert torch.equal(people.shown, People.sample(20, seed=1).shown)
    assert not torch.equal(people.shown, People.sample(20, seed=3).shown)
    assert (people.fitted - people.shown).abs().mean() < 0.06


@pytest.mark.slow
def test_a_regression_knows_people_better_than_their_mean_and_the_mean_better_than_the_table(people, known):
    nothing = torch.zeros(len(EMOTIONS), NUM_EXPRESSIONS)
    linear, mean, table, none = (
        system.displacement_errors(people).mean()
        for system in (
            linear_regression(known, people),
            *(alike_for_everybody(faces, people) for faces in (known.shown.mean(0), table_faces(), nothing)),
        )
    )
    assert linear < mean <= 1.02 * table
    assert table < 0.5 * none


@pytest.mark.slow
def test_a_memory_of_people_knows_unseen_people_better_than_a_constant_table(memory, people):
    table = alike_for_everybody(table_faces(), people)
    assert bridge(memory, people).displacement_errors(people).mean() < 0.9 * table.displacement_errors(people).mean()


@pytest.mark.slow
def test_a_memory_that_stores_nothing_moves_nothing(memory, people):
    with torch.no_grad():
        memory.apexes.zero_()
        memory.rest.zero_()
    assert bridge(memory, people).displacement.abs().max() == 0


def test_the_truth_has_no_error(people):
    truth = bridge_of_truth(people)
    assert truth.displacement_errors(people).max() == 0
    assert truth.face_errors(people).max() == 0


def bridge_of_truth(people):
    return Bridged(
        torch.stack([people.displacements(*pair) for pair in PAIRS]),
        torch.stack([people.faces(target) for _, target in PAIRS]),
    )


def test_the_portrait_comes_first_and_no_portrait_shows_what_is_asked_for(people):
    expressions, states = references(people, "sad", "angry", 4)
    torch.testing.assert_close(expressions[:, 0], people.portraits("sad"))
    assert expressions.shape == (20, 4, NUM_EXPRESSIONS)
    assert states[0, 0, 1] == 1 and states[..., 2].max() == 0


@pytest.mark.slow
def test_both_tables_compare_the_memory_with_all_that_is_simpler(memory, people):
    displacements, faces = error_tables(memory, people, seed=5)
    assert [cells[0] for cells in displacements.rows] == [*EMOTIONS, "all"]
    assert {"memory", "4 portraits", "linear", "mean displacement", "table", "portrait"} < set(displacements.header)
    assert {"mean face", "table's face"} < set(faces.header)
    assert float(row(displacements, "all")[1]) < float(
        row(displacements, "all")[list(displacements.header).index("table")]
    )


@pytest.mark.slow
def test_people_who_are_all_alike_are_found_out(memory, people):
    with torch.no_grad():
        for part in (memory.keys, memory.rest, memory.apexes):
            part.copy_(part.mean(-2 if part is memory.keys else 0, keepdim=True).expand_as(part))
    spread = float(row(usage_table(memory, people), "perplexity over all pairs and portraits")[1])
    assert spread == pytest.approx(150, abs=1)
    assert row(usage_table(memory, people), "displacement where the emotion stays")[1] == "0.00e+00"


@pytest.mark.slow
def test_shares_sum_to_one_and_their_map_has_a_row_for_every_pair(memory, people):
    share = shares(memory, people)
    torch.testing.assert_close(share.sum(-1), torch.ones(len(PAIRS), len(people.shown)))
    assert np.asarray(address_map(memory, people)).std() > 10


@pytest.mark.slow
def test_a_blendshape_that_runs_away_is_named_first(memory, people):
    with torch.no_grad():
        memory.apexes[..., ARKIT_INDEX["mouthClose"]] = -5.0
    name, error, bias, _ = worst_table(memory, people).rows[0]
    assert name == "mouthClose"
    assert float(error) > 1
    assert float(bias) == pytest.approx(0, abs=1.0)


@pytest.mark.slow
def test_the_released_memory_loses_nothing_to_what_is_simpler(released, people, known):
    """A constant table or a mean in its place moves unseen people much worse, and shows them worse faces."""
    memory = bridge(released, people)
    for simpler in (table_faces(), known.shown.mean(0)):
        added, shown = (alike_for_everybody(simpler, people, ignore) for ignore in (False, True))
        assert memory.displacement_errors(people).mean() < 0.75 * added.displacement_errors(people).mean()
        assert memory.face_errors(people).mean() < 0.98 * shown.face_errors(people).mean()


@pytest.mark.slow
def test_the_released_memory_needs_the_portrait_and_learns_from_more(released, people):
    strangers = People(people.shown, people.fitted.roll(1, 0))
    own, foreign, more = (
        system.displacement_errors(people).mean()
        for system in (bridge(released, people), bridge(released, strangers), bridge(released, people, 4))
    )
    assert foreign > 1.05 * own
    assert more < 0.98 * own
