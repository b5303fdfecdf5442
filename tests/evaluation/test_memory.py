"""Diagnostics of the memory on memories whose answers are known."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.config import EmotionMemoryConfig
from cemnet.emotion.bridging_memory import EmotionMemory
from cemnet.evaluation.memory import (
    PAIRS,
    People,
    address_map,
    bridge_deviations,
    faces_table,
    linear_displacements,
    mean_displacements,
    recall,
    retrieval_errors,
    retrieval_table,
    stored_error,
    usage_table,
    worst_table,
)


@pytest.fixture(scope="module")
def people():
    return People.sample(30, seed=1)


@pytest.fixture(scope="module")
def known():
    return People.sample(150, seed=2)


@pytest.fixture(scope="module")
def memory():
    torch.manual_seed(0)
    return EmotionMemory(EmotionMemoryConfig(num_slots=12, hidden_dim=16)).eval()


def forgetful(memory):
    """A memory that stores nothing."""
    with torch.no_grad():
        empty = EmotionMemory(memory.config).eval()
        empty.values.zero_()
    return empty


def row(table, name):
    return next(cells for cells in table.rows if cells[0] == name)


def test_people_are_drawn_alike_by_one_seed_and_differ_by_another(people):
    assert torch.equal(people.shown, People.sample(30, seed=1).shown)
    assert not torch.equal(people.shown, People.sample(30, seed=3).shown)
    assert (people.fitted - people.shown).abs().mean() < 0.06


def test_a_linear_map_knows_people_better_than_their_mean_and_the_mean_better_than_nothing(people, known):
    linear, mean, nothing = (
        retrieval_errors(predicted, people).mean()
        for predicted in (
            linear_displacements(known, people),
            mean_displacements(known, people),
            torch.zeros(len(PAIRS), len(people.shown), NUM_EXPRESSIONS),
        )
    )
    assert linear < mean < 0.5 * nothing


@pytest.mark.slow
def test_an_empty_memory_errs_as_much_as_no_displacement(memory, people):
    table = retrieval_table(forgetful(memory), people, seed=5)
    assert row(table, "all")[1] == row(table, "all")[4]
    assert [cells[0] for cells in table.rows] == [*EMOTIONS, "all"]


def test_the_truth_has_no_error(people):
    truth = torch.stack([people.displacements(*pair) for pair in PAIRS])
    assert retrieval_errors(truth, people).max() == 0


def test_the_bridge_is_antisymmetric_and_adds_up_without_its_cross_term(memory, people):
    deviations = bridge_deviations(memory, people)
    assert all(value < 1e-6 for value in deviations.values())
    crossed = EmotionMemory(memory.config).eval()
    with torch.no_grad():
        crossed.cross_scale.fill_(1.0)
    there, back, through = bridge_deviations(crossed, people).values()
    assert there < 1e-6
    assert back < 1e-6
    assert through > 1e-4


@pytest.mark.slow
def test_keys_that_are_all_alike_are_found_out(people):
    torch.manual_seed(0)
    memory = EmotionMemory(EmotionMemoryConfig(num_slots=6, hidden_dim=16)).eval()
    with torch.no_grad():
        memory.keys.copy_(memory.keys[:1].expand_as(memory.keys))
    spread = float(row(usage_table(memory, people), "perplexity over all pairs and people")[1])
    assert spread == pytest.approx(6, abs=0.1)  # all keys alike: every address is flat


@pytest.mark.slow
def test_addresses_are_shares_and_their_map_has_a_row_for_every_pair(memory, people):
    address = recall(memory, people).address
    torch.testing.assert_close(address.sum(-1), torch.ones(len(PAIRS), len(people.shown)))
    assert np.asarray(address_map(memory, people)).std() > 10


def test_a_blendshape_that_runs_away_is_named_first(memory, people):
    wild = EmotionMemory(memory.config).eval()
    with torch.no_grad():
        wild.values[:, ARKIT_INDEX["mouthClose"]] = -5.0
    name, error, bias, _ = worst_table(wild, people).rows[0]
    assert name == "mouthClose"
    assert float(error) > 1
    assert float(bias) == pytest.approx(0, abs=1.0)


def test_slots_that_store_the_true_apexes_serve_well(people):
    memory = EmotionMemory(EmotionMemoryConfig(num_slots=7, hidden_dim=16, sharpness=50.0)).eval()
    apexes = torch.stack([people.displacements("neutral", emotion).mean(0) for emotion in EMOTIONS[1:]])
    with torch.no_grad():
        memory.values.copy_(apexes)
    assert stored_error(memory, people) < 0.06
    assert stored_error(forgetful(memory), people) > 0.09


@pytest.mark.slow
def test_faces_of_an_empty_memory_stay_what_they_are_at_rest(memory, people):
    table = faces_table(forgetful(memory), people, seed=5)
    assert float(row(table, "happy")[1]) > 2.5 * float(row(table, "neutral")[1])
