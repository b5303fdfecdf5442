"""The memory tells people apart: it comes near the closed form, and beats the table where people have a manner."""

import numpy as np
import pytest
import torch
from made_faces import made_table

from cemnet.evaluation.faces.baselines import table_alone
from cemnet.evaluation.faces.benchmark import Question, actor_folds, score
from cemnet.evaluation.faces.remembered import (
    clip_evidence,
    conditional_mean,
    label_of,
    memory_of,
    people_memory,
    remember,
)
from cemnet.training.performer.captured_people import NUM_CELLS, PeopleModel, angles_of


@pytest.fixture(scope="module")
def model():
    return PeopleModel.fit(made_table())


def question(references, target=8, seed=3):
    return Question("99", made_table(1, seed=seed).values[0], np.array(references), target)


def test_many_slots_come_near_the_closed_form(model):
    people = model.sample(np.random.default_rng(0), 4096, whole_faces=False)
    asked = question([[1], [5], [13]])
    assert remember(people)(asked) == pytest.approx(conditional_mean(model)(asked), abs=0.02)


@pytest.mark.slow
def test_the_table_in_place_of_the_memory_is_worse_where_people_have_a_manner():
    for manner, gains in ((0.2, True), (0.0, False)):
        table = made_table(manner=manner)
        folds = actor_folds(table.actors, 3)
        memory, alone = (score(table, folds, fit, (1,)).r2[0] for fit in (people_memory(num_people=512), table_alone))
        assert (memory > alone + 0.2) == gains
        assert memory > alone - 0.02


def test_a_person_who_is_in_the_memory_is_recognised():
    faces = made_table(5).values
    memory = memory_of(angles_of(faces), np.full(faces.shape[2], 0.02))
    evidence = clip_evidence(memory, angles_of(faces[3]))
    assert evidence.shape == (NUM_CELLS, faces.shape[2], 5)
    assert (evidence.sum(0).argmax(-1) == 3).all()


@pytest.mark.slow
def test_evidence_of_several_references_adds_up(model):
    people = model.sample(np.random.default_rng(0), 64)
    memory = memory_of(people.angles, people.noise)
    asked = question([[1, 5]])
    clips = torch.from_numpy(angles_of(asked.faces)[[1, 5]]).float().unsqueeze(0)
    together = memory.evidence(clips, torch.eye(NUM_CELLS)[[1, 5], 1:].unsqueeze(0))[0, 0].softmax(-1)
    alone = clip_evidence(memory, angles_of(asked.faces))[[1, 5]].sum(0).softmax(-1)
    torch.testing.assert_close(together, alone)


def test_an_unsure_label_shows_the_mixture_of_the_faces_that_are_meant(model):
    asked = question([[1, 5]])
    mixed = 0.25 * np.eye(NUM_CELLS)[3] + 0.75 * np.eye(NUM_CELLS)[9]
    people = model.sample(np.random.default_rng(0), 256)
    for way in (lambda wanted: remember(people, wanted), lambda wanted: conditional_mean(model, wanted)):
        both = [way(lambda _, cell=cell: np.eye(NUM_CELLS)[cell])(asked) for cell in (3, 9)]
        assert way(lambda _: mixed)(asked) == pytest.approx(0.25 * both[0] + 0.75 * both[1], abs=1e-5)


def test_only_the_references_are_looked_at(model):
    asked = question([[1, 5]])
    hidden = asked.faces.copy()
    hidden[[cell for cell in range(NUM_CELLS) if cell not in (1, 5)]] = 0.5
    people = model.sample(np.random.default_rng(0), 256)
    for predict in (remember(people), conditional_mean(model, label_of)):
        other = Question("other", hidden, asked.references, asked.target)
        assert predict(asked) == pytest.approx(predict(other))
