"""Persons drawn like filmed people: usual on average, and each with a manner that shows in every emotion."""

from dataclasses import replace

import numpy as np
import pytest
from made_faces import made_table

from cemnet.arkit import ARKIT_INDEX, EMOTIONS
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.training.performer.filmed_persons import FilmedPersons, unit_scales, usual_weights


@pytest.fixture(scope="module")
def persons() -> FilmedPersons:
    return replace(FilmedPersons.fit(made_table(24)), literature_share=0.0)


@pytest.fixture(scope="module")
def faces(persons):
    rng = np.random.default_rng(0)
    drawn = [persons.draw(rng) for _ in range(300)]
    return np.stack([[person.show(emotion, 1.0) for emotion in EMOTIONS] for person in drawn])


def test_a_face_that_nobody_strays_from_is_the_average_persons(persons):
    usual = replace(persons, rest=0 * persons.rest, shown=0 * persons.shown)
    person = usual.draw(np.random.default_rng(1))
    left = [ARKIT_INDEX[name] for name in ("browDownLeft", "mouthSmileLeft", "mouthFrownLeft", "eyeWideLeft")]
    for emotion in EMOTIONS:
        assert person.show(emotion, 1.0)[left] == pytest.approx(Person.average().show(emotion, 1.0)[left], abs=1e-6)


def test_one_persons_deviations_hang_together_over_emotions(persons):
    """Among the sampled people, whoever shows more of a unit when happy shows more of it when sad too."""
    first, second = (persons.rest + persons.shown[:, emotion] for emotion in (0, 1))
    moving = [unit for unit in range(len(persons.units)) if first[:, unit].std() > 1e-6]
    together = [np.corrcoef(first[:, unit], second[:, unit])[0, 1] for unit in moving]
    assert len(moving) >= 3
    assert np.mean(together) > 0.5


def test_persons_differ_and_stay_within_arkits_range(faces):
    assert faces.min() >= 0 and faces.max() <= 1
    assert faces.std(0).max() > 0.05


def test_nobody_shows_an_emotion_while_neutral(persons):
    person = persons.draw(np.random.default_rng(2))
    calm, rest = (person.show("neutral", intensity) for intensity in (1.0, 0.0))
    assert calm == pytest.approx(rest, abs=0.75 * float(person.resting.max()))
    assert person.habits["neutral"] == {}


def test_a_unit_that_says_nothing_takes_the_scale_of_all():
    filmed, ours = np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([[0.4, 0.9], [-0.4, 0.9]])
    scales = unit_scales(filmed, ours)
    assert scales[1] == pytest.approx(0.4)
    assert scales[0] == pytest.approx(0.4)


def test_usual_weights_are_the_average_persons():
    weights = dict(zip(("AU12", "AU6", "AU24"), usual_weights("happy", ("AU12", "AU6", "AU24")), strict=True))
    assert weights == {"AU12": 0.95, "AU6": 0.75, "AU24": 0.0}


def test_a_share_of_the_persons_are_the_literatures(persons):
    """Their gains differ from blendshape to blendshape; those of filmed-like persons are all 1 on the left."""
    mixed, rng = replace(persons, literature_share=0.5), np.random.default_rng(3)
    smiles = [mixed.draw(rng).gains[ARKIT_INDEX["mouthSmileLeft"]] for _ in range(200)]
    assert 60 < sum(gain != 1 for gain in smiles) < 140
