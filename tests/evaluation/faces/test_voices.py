"""A voice helps beside the label where it tells of the face, and stands in for the label where it tells the emotion."""

import numpy as np
import pytest
from made_faces import made_table

from cemnet.evaluation.faces.benchmark import Question, actor_folds, score
from cemnet.evaluation.faces.remembered import conditional_mean, label_of
from cemnet.evaluation.faces.voices import (
    GroupedRidge,
    Voices,
    beside,
    by_fold,
    classified_cells,
    heard_emotions,
    label,
    likeliest_cells,
    likeliest_residual,
    standardised,
    voice_alone,
)
from cemnet.training.performer.captured_people import CELL_EMOTION, CELLS, NUM_CELLS, ActionUnitTable, PeopleModel
from cemnet.training.performer.people_statistics import Smoothing

ANY = Smoothing(0.5, 0.0, 0.0)


def remember(known: ActionUnitTable, wanted):
    return conditional_mean(PeopleModel.fit(known, ANY), wanted)


def made_voices(table, cues, seed=0, clips_per_cell=2):
    """Voices that hold `cues` (actor, cell, feature) and what nobody asked for."""
    rng = np.random.default_rng(seed)
    films = np.concatenate([cues, rng.normal(size=(*cues.shape[:2], 5))], axis=-1)
    heard = np.concatenate([films + 0.1 * rng.normal(size=films.shape) for _ in range(clips_per_cell)], axis=1)
    actors = np.repeat(table.actors, NUM_CELLS * clips_per_cell).tolist()
    cells = np.tile(np.arange(NUM_CELLS), clips_per_cell * len(table.actors))
    return Voices(films, heard.reshape(-1, films.shape[-1]), actors, cells)


@pytest.fixture(scope="module")
def table():
    return made_table(12, noise=0.12)


@pytest.fixture(scope="module")
def told(table):
    return score(table, actor_folds(table.actors, 3), lambda known: remember(known, label_of), (0, 1)).r2


def cells_told(table, noise, seed=0):
    told = np.repeat(np.eye(NUM_CELLS)[None], len(table.actors), axis=0)
    return told + noise * np.random.default_rng(seed).normal(size=told.shape)


@pytest.mark.slow
def test_a_voice_that_tells_the_emotion_stands_in_for_the_label(table, told):
    folds = actor_folds(table.actors, 3)
    r2 = {}
    for noise in (0.02, 0.5, 20.0):
        voices = made_voices(table, cells_told(table, noise))
        r2[noise] = score(
            table, folds, voice_alone(classified_cells(table, lambda _, voices=voices: voices), remember), (0, 1)
        ).r2
    assert r2[0.02] == pytest.approx(told, abs=0.03)
    assert (r2[0.5] < told - 0.02).all()
    assert (r2[20.0] < r2[0.5]).all()


def test_an_unsure_classifier_is_no_surer_than_it_is_right(table):
    voices = made_voices(table, cells_told(table, 0.8))
    train, test = table.actors[:8], [row for row, actor in enumerate(voices.actor) if actor in table.actors[8:]]
    belief = likeliest_cells(voices, train)(voices.clips[test])
    assert belief.sum(1) == pytest.approx(np.ones(len(test)))
    right = belief.argmax(1) == voices.cell[test]
    assert 0.2 < right.mean() < 0.95
    assert belief.max(1).mean() == pytest.approx(right.mean(), abs=0.2)


@pytest.mark.slow
def test_a_branch_tells_the_emotion_and_the_classifier_how_strong_it_is(table, told):
    folds = actor_folds(table.actors, 3)
    strengths = np.array([[3.0 * strength] for _, strength in CELLS])
    voices = made_voices(table, np.repeat(strengths[None], len(table.actors), axis=0))
    certain = np.repeat(np.eye(8)[CELL_EMOTION][None], len(table.actors), axis=0)
    classified = classified_cells(table, lambda _: voices)
    believed = heard_emotions(table, lambda _: voices, lambda _: certain)
    r2 = {belief: score(table, folds, voice_alone(belief, remember), (0, 1)).r2 for belief in (classified, believed)}
    assert r2[believed] == pytest.approx(told, abs=0.05)
    assert (r2[classified] < r2[believed] - 0.05).all()
    question = Question(table.actors[0], table.values[0], np.array([[3]]), 6)
    shares = believed(table.without(table.actors[:4]))(question)
    assert shares.sum() == pytest.approx(1)
    assert shares[CELL_EMOTION[6] == CELL_EMOTION].sum() == pytest.approx(1)
    assert shares[6] > 0.7


@pytest.mark.slow
def test_a_voice_that_tells_what_the_label_does_not_helps_beside_it(table, told):
    folds = actor_folds(table.actors, 3)
    missed = table.values - table.values.mean(0)
    telling = made_voices(table, missed / missed.std())
    r2 = score(table, folds, beside(label, table, lambda _: telling, remember), (0, 1)).r2
    assert (r2 > told + 0.1).all()


@pytest.mark.slow
def test_a_voice_that_tells_nothing_does_little_harm(table, told):
    nothing = made_voices(table, np.zeros((len(table.actors), NUM_CELLS, 1)), seed=3)
    r2 = score(table, actor_folds(table.actors, 3), beside(label, table, lambda _: nothing, remember), (0, 1)).r2
    assert (r2 > told - 0.03).all()


def test_others_in_sum_do_not_betray_an_actor_to_the_choice_of_the_penalty():
    rng = np.random.default_rng(0)
    films, missed = rng.normal(size=(10, NUM_CELLS, 300)), rng.normal(size=(10, NUM_CELLS, 6))
    missed -= missed.mean(0)
    read = likeliest_residual(films, missed)
    told = np.array([read(film, np.eye(NUM_CELLS)[3]) for film in rng.normal(size=(50, 300))])
    assert (told**2).mean() < 0.02


def test_people_left_out_of_a_ridge_are_predicted_by_all_others():
    rng = np.random.default_rng(0)
    inputs, outputs = rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
    people = ["a"] * 4 + ["b"] * 3 + ["c"] * 5
    ridge = GroupedRidge.fit(inputs @ inputs.T, outputs, people, 0.7)
    rest = [row for row in range(12) if people[row] != "b"]
    known = inputs[rest]
    weights = np.linalg.solve(known.T @ known + 0.7 * np.eye(4), known.T @ outputs[rest])
    assert ridge.left_out[4:7] == pytest.approx(inputs[4:7] @ weights)
    assert inputs.T @ ridge.weights == pytest.approx(
        np.linalg.solve(inputs.T @ inputs + 0.7 * np.eye(4), inputs.T @ outputs)
    )


def test_standard_features_are_bounded_and_known_ones_have_no_mean():
    known = np.random.default_rng(0).normal(3, 2, (50, 4))
    assert standardised(known, known).mean(0) == pytest.approx(np.zeros(4), abs=0.02)
    assert abs(standardised(np.full((1, 4), 1e6), known)).max() == pytest.approx(5 / 2)


def test_each_fold_hears_by_what_was_trained_without_it(table):
    voices = {fold: made_voices(table, cells_told(table, 0.1, seed), seed) for seed, fold in enumerate(
        actor_folds(table.actors, 3)
    )}  # fmt: skip
    heard = by_fold(table, voices)
    for fold, expected in voices.items():
        assert heard(table.without(fold)) is expected
