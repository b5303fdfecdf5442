"""Emotions rise part by part, beat with stressed words, fade at their own pace, and stay smooth."""

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, arkit_indices
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.performer.emotion_timing import batons, course_of_parts, emotion_course, silent_mouth, tremor

TIMES = (np.arange(150) + 0.5) / 25
SPOKEN = [PhonemeSpan("SIL", 0.0, 1.0), PhonemeSpan("AA", 1.0, 5.0), PhonemeSpan("SIL", 5.0, 6.0)]


def course(emotion, stress=0.5, seed=0):
    rng = np.random.default_rng(seed)
    return emotion_course(SPOKEN, TIMES, np.full(150, stress), np.zeros(150), emotion, rng)


def accents():
    """Two stressed words."""
    words = [np.exp(-(((TIMES - centre) / 0.15) ** 2)) for centre in (2.0, 4.0)]
    return 0.3 + 0.5 * np.sum(words, axis=0)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_emotion_rises_with_the_voice_and_sinks_after_it(emotion):
    shown = course(emotion)
    assert shown.min() >= 0 and shown.max() <= 1
    assert shown[:12].mean() < 0.6 * shown.max()
    assert shown[-1] < 0.9 * shown[120]
    assert np.abs(np.diff(shown)).max() < 0.15


def test_surprise_comes_first_and_goes_first_and_sadness_stays():
    surprise, sad = course("surprise"), course("sad")
    apex, later = int(1.3 * 25), int(4.5 * 25)
    assert surprise[apex] > sad[apex]
    assert surprise[later] < 0.9 * surprise.max()
    assert sad[later] > 0.98 * sad.max()


def test_eyes_and_nose_lead_and_the_mouth_follows():
    rising = np.linspace(0, 1, 20)
    parts = course_of_parts(rising)
    brow, eye, mouth = (parts[10, ARKIT_INDEX[name]] for name in ("browInnerUp", "eyeWideLeft", "mouthSmileLeft"))
    assert eye > brow > mouth
    assert brow == pytest.approx(rising[10])


@pytest.mark.parametrize(
    "emotion, moved", [("surprise", "browOuterUp"), ("angry", "browDown"), ("neutral", "browInnerUp")]
)
def test_brows_beat_time_with_stressed_words(emotion, moved):
    beat = batons(accents(), emotion, 0.8, np.ones(150))[:, arkit_indices(moved)].mean(1)
    peaks = [int(2.0 * 25), int(4.0 * 25)]
    assert beat[peaks].min() > 0.04
    assert beat[[10, 75, 140]].max() < 0.2 * beat[peaks].min()
    assert np.abs(np.diff(beat)).max() < 0.08


def test_strong_emotion_beats_harder_than_calm_speech():
    calm, strong = (batons(accents(), "happy", intensity, np.ones(150)).max() for intensity in (0.0, 1.0))
    assert 0 < calm < strong < 0.3


def test_anger_presses_its_lips_between_words_only():
    rest = np.array([1.0, 0.0])
    pressed = silent_mouth(rest, "angry", 1.0, np.ones(2))[:, ARKIT_INDEX["mouthPressLeft"]]
    assert pressed[0] > 0.5 and pressed[1] == 0
    assert not silent_mouth(rest, "happy", 1.0, np.ones(2)).any()


def test_only_fear_trembles_and_finely():
    trembling = tremor(200, "fear", 1.0, np.random.default_rng(0))
    assert 0 < np.abs(trembling).max() < 0.05
    assert not tremor(200, "angry", 1.0, np.random.default_rng(0)).any()
