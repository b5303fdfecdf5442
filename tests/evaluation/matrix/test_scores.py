"""Figures of the emotion matrix on verdicts made up by hand, whose answers are known."""

import numpy as np
import pytest
from made_verdicts import everywhere, four_systems, shows_portrait, shows_voice, verdict

from cemnet.evaluation.matrix.scores import JUDGED, MatrixScores, confusion, targets
from cemnet.evaluation.report.intervals import Interval


@pytest.fixture(scope="module")
def scores():
    return MatrixScores(four_systems())


def test_a_system_that_follows_the_voice_hits_everywhere_and_leaks_nothing(scores):
    assert scores.diagonal_hit("full")[0] == scores.off_diagonal_hit("full")[0] == 1
    assert scores.leak("full")[0] == scores.leak_by_confusion("full")[0] == 0
    assert (scores.matrix("full") == 1).all()


def test_a_copied_portrait_hits_on_the_diagonal_alone_and_leaks_all(scores):
    assert scores.diagonal_hit("copy reference")[0] == 1
    assert scores.off_diagonal_hit("copy reference")[0] == 0
    assert scores.leak("copy reference")[0] == 1
    np.testing.assert_array_equal(scores.matrix("copy reference")[:1], [[1, 0, 0, 0, 0, 0, 0]])


def test_a_judge_that_always_says_neutral_leaks_no_more_than_its_confusion():
    scores = MatrixScores(everywhere("full", lambda reference, target: "neutral"))
    # Of seven judged references, neutral alone is named; off the diagonal it meets six of seven voices.
    assert scores.leak("full")[0] == pytest.approx(6 / 42)
    assert scores.leak_by_confusion("full")[0] == pytest.approx(6 / 42)


def test_hits_of_one_class_count_its_own_voices_off_the_diagonal(scores):
    assert scores.class_hit("no EBM", "happy")[0] == 1
    assert scores.class_hit("no EBM", "angry")[0] == 0
    assert scores.class_hit("no EBM", "neutral")[0] == 1
    assert scores.off_diagonal_hit("no EBM")[0] == pytest.approx(3 / 7)


def test_what_a_misheard_voice_costs_is_told_apart():
    understood = verdict("full", "happy", "sad", "sad")
    misheard = verdict("full", "happy", "angry", "neutral", heard="neutral")
    scores = MatrixScores([understood, misheard])
    assert scores.off_diagonal_hit("full")[0] == 0.5
    assert scores.understood_hit("full")[0] == 1


def test_distances_say_which_apex_is_nearer():
    near = verdict("full", "happy", "sad", "sad", to_target=0.1, to_reference=0.3)
    far = verdict("full", "angry", "sad", "sad", to_target=0.3, to_reference=0.1)
    on_diagonal = verdict("full", "sad", "sad", "sad", to_target=0.5, to_reference=0.5)
    scores = MatrixScores([near, far, on_diagonal])
    assert scores.nearer_target("full")[0] == 0.5
    assert scores.distance("full")[0] == pytest.approx(0.2)


def test_intervals_hold_the_estimate_and_widen_with_disagreement_between_people():
    def of(says):
        return MatrixScores(
            [
                verdict("full", "happy", "sad", says(number), person=str(number), clip=str(number))
                for number in range(12)
            ]
        ).off_diagonal_hit("full")

    agreed, split = Interval.of(of(lambda number: "sad")), Interval.of(of(lambda number: ("sad", "angry")[number % 2]))
    assert (agreed.low, agreed.value, agreed.high) == (1, 1, 1)
    assert 0 <= split.low < 0.4 < split.value < 0.6 < split.high <= 1


@pytest.mark.parametrize("differ", ["people", "clips"])
def test_what_differs_widens_the_interval(differ):
    verdicts = []
    for number in range(12):
        person, clip = (str(number), "one") if differ == "people" else ("anna", str(number))
        verdicts.append(verdict("full", "happy", "sad", ("sad", "angry")[number % 2], person, clip))
    interval = Interval.of(MatrixScores(verdicts).off_diagonal_hit("full"))
    assert interval.value == 0.5
    assert 0.1 < interval.low < 0.4 and 0.6 < interval.high < 0.9


def test_systems_are_resampled_together_so_that_equal_systems_differ_by_nothing(scores):
    difference = Interval.of(scores.off_diagonal_hit("full") - scores.off_diagonal_hit("label oracle"))
    assert difference == Interval(0, 0, 0)


def test_targets_are_met_by_the_voices_emotion_and_missed_by_a_copy(scores):
    assert all(target.met for target in targets(scores))
    poor = MatrixScores(
        everywhere("full", shows_portrait)
        + [v for name in ("label oracle", "copy reference", "no EBM") for v in everywhere(name, shows_voice)]
    )
    assert [target.met for target in targets(poor)] == [False] * len(targets(poor))


def test_confusion_has_a_row_for_what_is_and_a_column_for_what_is_named():
    table = confusion(["happy", "happy", "sad"], ["happy", "sad", "sad"])
    happy, sad = JUDGED.index("happy"), JUDGED.index("sad")
    assert table[happy, happy] == table[happy, sad] == 0.5
    assert table[sad, sad] == 1
    assert np.isnan(table[JUDGED.index("fear")]).all()
