"""Emotions are shown as the published statistics have them, by people who differ, in even steps."""

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, arkit_indices
from cemnet.training.performer.emotion_prototypes import ACTION_UNITS, PROTOTYPES, Person, action_units_to_arkit

EMOTIONAL = [emotion for emotion in EMOTIONS if emotion != "neutral"]


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    return [Person.sample(rng) for _ in range(300)]


def shown(expression, stem):
    return float(expression[arkit_indices(stem)].mean())


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_unit_is_known_and_every_share_is_a_probability(emotion):
    prototype = PROTOTYPES[emotion]
    units = [*prototype.core, *prototype.secondary, *(unit for _, style in prototype.styles for unit in style)]
    assert set(units) <= set(ACTION_UNITS)
    assert all(0 < share < 1 for _, share in prototype.secondary.values())
    assert sum(share for share, _ in prototype.styles) == pytest.approx(1)


def test_action_units_move_both_sides_and_stay_in_range():
    expression = action_units_to_arkit({"AU9": 1.0, "AU4": 1.0})
    assert expression[ARKIT_INDEX["browDownLeft"]] == expression[ARKIT_INDEX["browDownRight"]] == 1
    assert expression.min() >= 0 and expression.max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "emotion, stems",
    [
        ("happy", ("mouthSmile", "cheekSquint")),
        ("sad", ("browInnerUp", "mouthFrown")),
        ("angry", ("browDown", "eyeSquint")),
        ("fear", ("browInnerUp", "eyeWide", "mouthStretch")),
        ("disgust", ("noseSneer", "mouthUpperUp")),
        ("surprise", ("browInnerUp", "browOuterUp", "eyeWide", "jawOpen")),
    ],
)
def test_everybody_shows_an_emotions_core(people, emotion, stems):
    for person in people:
        assert min(shown(person.show(emotion, 1.0), stem) for stem in stems) > 0.2


def test_secondary_units_are_shown_by_their_share_of_people(people):
    chins = [shown(person.show("sad", 1.0), "mouthShrugLower") > 0.1 for person in people]
    assert 0.55 < np.mean(chins) < 0.8


def test_some_angry_people_bare_their_teeth_and_some_press_their_lips(people):
    bared = [shown(person.show("angry", 1.0), "mouthLowerDown") > 0.2 for person in people]
    pressed = [shown(person.show("angry", 1.0), "mouthPress") > 0.3 for person in people]
    assert 0.6 < np.mean(bared) < 0.9
    assert 0.1 < np.mean(pressed) < 0.4
    assert not np.any(np.logical_and(bared, pressed))


def test_contempt_is_one_sided_and_mostly_on_the_left(people):
    sides = []
    for person in people:
        face = person.show("contempt", 1.0) - person.resting
        left, right = face[ARKIT_INDEX["mouthDimpleLeft"]], face[ARKIT_INDEX["mouthDimpleRight"]]
        assert max(left, right) > 0.4 > 0.2 > min(left, right)
        sides.append(left > right)
    assert 0.75 < np.mean(sides) < 0.95


def test_the_left_half_shows_a_little_more(people):
    faces = np.stack([person.show("angry", 0.7) for person in people])
    left, right = faces[:, ARKIT_INDEX["browDownLeft"]], faces[:, ARKIT_INDEX["browDownRight"]]
    assert 0.005 < (left - right).mean() < 0.06
    assert 0.02 < (left - right).std() < 0.12


@pytest.mark.parametrize("emotion", EMOTIONAL)
def test_intensity_grows_in_even_steps(emotion):
    faces = [Person.average().show(emotion, level) for level in (0, 0.25, 0.5, 0.75, 1.0)]
    steps = np.diff(np.stack(faces), axis=0)
    assert np.abs(steps).max(1).min() > 0.15
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-6)


def test_intensity_can_differ_from_one_blendshape_to_the_next():
    person = Person.sample(np.random.default_rng(1))
    levels = np.linspace(0, 1, 52, dtype=np.float32)
    together = person.show("fear", levels)
    for index in (0, 25, 51):
        assert together[index] == pytest.approx(person.show("fear", float(levels[index]))[index], abs=1e-6)


def test_a_resting_face_gives_way_to_an_emotion():
    person = Person.sample(np.random.default_rng(3))
    frown = arkit_indices("mouthFrown")
    np.testing.assert_array_equal(person.show("neutral", 0.0), person.resting)
    assert person.show("happy", 1.0)[frown].max() <= 0.31 * person.resting[frown].max()
