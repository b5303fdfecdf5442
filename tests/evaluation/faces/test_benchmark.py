"""The benchmark holds out whole actors, shows no target, and weighs targets alike."""

import numpy as np
import pytest
from made_faces import made_table

from cemnet.evaluation.faces.baselines import BASELINES, copy_reference, table_alone
from cemnet.evaluation.faces.benchmark import ALL, MOST_SETS, actor_folds, others_of, reference_sets, score
from cemnet.evaluation.faces.remembered import closed_form
from cemnet.training.performer.captured_people import CELL_EMOTION, NUM_CELLS


def test_neighbours_are_held_out_together_and_everybody_once():
    actors = [f"{number:02d}" for number in range(1, 21)]
    assert actor_folds(actors)[:2] == [("01", "02", "03", "04"), ("05", "06", "07", "08")]
    drawn = actor_folds(actors, seed=1)
    assert drawn != actor_folds(actors)
    assert sorted(actor for fold in drawn for actor in fold) == actors


def test_nobody_is_predicted_by_a_model_that_knows_the_actor():
    table, trained, asked = made_table(6), [], []

    def fit(known):
        trained.append(set(known.actors))

        def predict(question):
            asked.append(question.actor)
            assert question.actor not in trained[-1]
            return np.zeros((len(question.references), len(table.units)))

        return predict

    folds = actor_folds(table.actors, num_folds=3)
    score(table, folds, fit, (1,))
    assert trained == [set(table.actors) - set(fold) for fold in folds]
    assert set(asked) == set(table.actors)


@pytest.mark.parametrize("count", [0, 1, 2, 4, ALL])
def test_references_are_different_clips_of_other_emotions(count):
    for target in (0, 5):
        sets = reference_sets(target, count, np.random.default_rng(0))
        assert not np.isin(CELL_EMOTION[sets], CELL_EMOTION[target]).any()
        assert all(len(set(row)) == len(row) for row in sets.tolist())
        expected = {0: 1, 1: len(others_of(target)), 2: {13: 78, 14: 91}[len(others_of(target))], 4: MOST_SETS, ALL: 1}
        assert len(sets) == expected[count]


def test_every_pair_counts_once_with_one_reference():
    table = made_table(4)
    mean, spread = table.scale
    units = (table.values - mean) / spread
    pairs = [(a, b) for a in range(NUM_CELLS) for b in range(NUM_CELLS) if CELL_EMOTION[a] != CELL_EMOTION[b]]
    error = sum(((units[:, a] - units[:, b]) ** 2).sum() for a, b in pairs)
    total = sum((units[:, b] ** 2).sum() for _, b in pairs)
    copied = score(table, actor_folds(table.actors, 2), copy_reference, (1,))
    assert copied.r2[0] == pytest.approx(1 - error / total)


def test_a_perfect_prediction_explains_everything():
    def fit(_):
        return lambda question: np.repeat(question.faces[question.target][None], len(question.references), axis=0)

    table = made_table(4)
    assert score(table, actor_folds(table.actors, 2), fit, (1, 4)).r2.tolist() == [1, 1]


@pytest.mark.slow
def test_identities_shuffled_between_actors_are_noticed():
    table = made_table()
    rng, shuffled = np.random.default_rng(0), table.values.copy()
    for cell in range(NUM_CELLS):
        shuffled[:, cell] = shuffled[rng.permutation(len(shuffled)), cell]
    folds, mixed = actor_folds(table.actors, 3), type(table)(table.actors, table.units, shuffled)
    own, strange = (score(each, folds, closed_form, (4,)).r2[0] for each in (table, mixed))
    alone = score(mixed, folds, table_alone, (4,)).r2[0]
    assert own > alone + 0.2
    assert strange < alone + 0.05


def test_the_table_needs_no_references():
    table = made_table(6)
    r2 = score(table, actor_folds(table.actors, 3), BASELINES["table of emotion and strength"], (0, 1, 4)).r2
    assert r2 == pytest.approx(np.full(3, r2[0]))
