"""The baselines are the formulas that they are named after."""

import numpy as np
import pytest
from made_faces import made_table

from cemnet.evaluation.faces.baselines import (
    BASELINES,
    copy_reference,
    neutralise_first,
    offset_variances,
    shrunk_offset,
)
from cemnet.evaluation.faces.benchmark import Question

TWO = np.array([[1, 5], [2, 7]])


@pytest.fixture(scope="module")
def table():
    return made_table(8)


def asked(table, references=TWO, target=12):
    return Question("99", made_table(1, seed=4).values[0], references, target)


def test_the_offset_is_shrunk_by_the_variance_of_people_over_that_of_their_mean_reference(table):
    question, typical = asked(table), table.values.mean(0)
    deviations = table.values - typical
    level = deviations.mean(1)
    noise = ((deviations - level[:, None]) ** 2).sum((0, 1)) / (8 * 14)
    people = level.var(0, ddof=1) - noise / 15
    strange = np.stack([(question.faces[row] - typical[row]).mean(0) for row in TWO])
    expected = typical[12] + strange * people / (people + noise / 2)
    assert shrunk_offset(table)(question) == pytest.approx(expected)


def test_more_references_are_trusted_more(table):
    one, two = (asked(table, np.array([row])) for row in ([5], [5, 5]))
    typical = table.values.mean(0)[12]
    assert (abs(shrunk_offset(table)(two) - typical) > abs(shrunk_offset(table)(one) - typical)).all()


def test_what_neutralising_adds_is_all_that_the_references_have_beyond_the_table(table):
    question, typical = asked(table), table.values.mean(0)
    assert neutralise_first(table)(question) - typical[12] == pytest.approx(
        copy_reference(table)(question) - typical[TWO].mean(1)
    )


@pytest.mark.parametrize("name", BASELINES)
def test_without_references_all_people_look_alike(table, name):
    question = asked(table, np.zeros((1, 0), int))
    mean = table.values.mean((0, 1)) if name == "copy the reference" else table.values.mean(0)[12]
    assert BASELINES[name](table)(question) == pytest.approx(mean[None])


def test_people_without_a_manner_have_no_variance():
    people, noise = offset_variances(made_table(40, manner=0.0))
    assert (people < 0.1 * noise).all()
    people, noise = offset_variances(made_table(40, manner=0.2))
    assert (people > noise).all()
