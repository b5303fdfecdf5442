"""A voice's manner turns one emotion into its families: shouted and hissed anger, crying and quiet sadness."""

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, Emotion, arkit_indices
from cemnet.config import MANNER_AXES
from cemnet.training.performer.emotion_prototypes import ACTION_UNITS, Person
from cemnet.training.performer.manner_displays import (
    AROUSAL,
    FURTHEST_DEVIATION,
    MANNER_UNITS,
    MEAN_MANNER,
    arousal,
    manner_deviation,
    manner_directions,
    manner_displacement,
)

EMOTIONAL: list[Emotion] = [emotion for emotion in EMOTIONS if emotion != "neutral"]
AVERAGE = Person.average()


def voice(emotion: Emotion, **apart: float) -> np.ndarray:
    """The emotion's mean manner, apart from it on the named axes."""
    return np.array(MEAN_MANNER[emotion]) + np.array([apart.get(axis, 0.0) for axis in MANNER_AXES])


def face(emotion: Emotion, **apart: float) -> np.ndarray:
    """The average person's apex in this manner."""
    return (AVERAGE.apex(emotion) + manner_displacement(AVERAGE, emotion, voice(emotion, **apart))).clip(0, 1)


def shown(expression: np.ndarray, stem: str) -> float:
    return float(expression[arkit_indices(stem)].mean())


HIGH = {"effort": 1.5, "pitch": 1.5}
LOW = {"effort": -1.5, "pitch": -1.5}


@pytest.mark.parametrize(
    ("emotion", "more_aroused", "less_aroused"),
    [
        ("angry", ["eyeWide", "mouthUpperUp", "mouthLowerDown"], ["mouthPress", "eyeSquint"]),
        ("sad", ["eyeSquint", "cheekSquint", "mouthStretch", "mouthUpperUp"], ["eyeBlink", "eyeLookDown"]),
        ("happy", ["jawOpen", "mouthLowerDown", "browOuterUp", "cheekSquint"], []),
        ("fear", ["eyeWide", "jawOpen", "mouthStretch"], ["browDown"]),
        ("disgust", ["mouthUpperUp", "mouthLowerDown"], []),
        ("surprise", ["jawOpen", "eyeWide"], []),
        ("contempt", ["browOuterUp"], []),
    ],
)
def test_each_emotion_has_an_aroused_and_a_quiet_face(emotion, more_aroused, less_aroused):
    loud, quiet = face(emotion, **HIGH), face(emotion, **LOW)
    assert all(shown(loud, stem) > shown(quiet, stem) + 0.1 for stem in more_aroused)
    displaced = manner_displacement(AVERAGE, emotion, voice(emotion, **LOW))
    assert all(shown(displaced, stem) > 0.1 for stem in less_aroused)


def test_a_high_voice_raises_the_brows():
    for emotion in ("happy", "fear", "disgust", "surprise", "contempt"):
        high = manner_displacement(AVERAGE, emotion, voice(emotion, pitch=1.0))
        assert shown(high, "browOuterUp") > 0.05


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_mean_manner_and_no_manner_add_nothing(emotion):
    assert not manner_displacement(AVERAGE, emotion, voice(emotion)).any()
    assert not manner_displacement(AVERAGE, emotion, None).any()


def test_a_neutral_face_has_no_manner_and_every_emotion_has():
    assert not manner_displacement(AVERAGE, "neutral", voice("neutral", **HIGH)).any()
    for emotion in EMOTIONAL:
        assert np.abs(manner_displacement(AVERAGE, emotion, voice(emotion, **HIGH))).max() > 0.15


@pytest.mark.parametrize("emotion", EMOTIONAL)
def test_displacements_are_linear_in_the_manner_until_they_are_held(emotion):
    person, rng = Person.sample(np.random.default_rng(0)), np.random.default_rng(1)
    apart = dict(zip(MANNER_AXES, rng.uniform(-1, 1, len(MANNER_AXES)), strict=True))
    once = manner_displacement(person, emotion, voice(emotion, **apart))
    twice = manner_displacement(person, emotion, voice(emotion, **{axis: 2 * far for axis, far in apart.items()}))
    np.testing.assert_allclose(twice, 2 * once, atol=1e-6)
    np.testing.assert_allclose(once, np.array(list(apart.values())) @ manner_directions(person, emotion), atol=1e-6)
    furthest = manner_displacement(person, emotion, voice(emotion, effort=FURTHEST_DEVIATION))
    np.testing.assert_array_equal(furthest, manner_displacement(person, emotion, voice(emotion, effort=9.0)))


def test_people_differ_in_how_far_their_manner_shows():
    people = [Person.sample(np.random.default_rng(seed)) for seed in (0, 1)]
    one, other = (manner_displacement(person, "sad", voice("sad", **HIGH)) for person in people)
    assert np.abs(one - other).max() > 0.03


def test_the_manner_of_contempt_stays_on_its_side():
    loud = manner_displacement(AVERAGE, "contempt", voice("contempt", effort=1.5))
    assert loud[ARKIT_INDEX["mouthUpperUpLeft"]] > 5 * loud[ARKIT_INDEX["mouthUpperUpRight"]] > 0


def test_every_axis_and_unit_is_known():
    for units in MANNER_UNITS.values():
        assert set(units) <= set(MANNER_AXES)
        assert {unit for weights in units.values() for unit in weights} <= set(ACTION_UNITS)
    assert set(MANNER_UNITS) == set(MEAN_MANNER) == set(EMOTIONS)
    assert all(len(mean) == len(MANNER_AXES) for mean in MEAN_MANNER.values())


def test_arousal_counts_standard_deviations():
    assert sum(AROUSAL.values()) == pytest.approx(1)
    loud = np.array([1.5 if axis in AROUSAL else 0.0 for axis in MANNER_AXES])
    assert arousal(loud) == pytest.approx(1.5)
    assert arousal(manner_deviation("sad", None)) == 0
