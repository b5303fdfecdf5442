"""Apertures of the lips on curves whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.evaluation.motion.lips import bilabial_frames, clip_apertures, lips_table
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.networks.feature_clips import generated_clips


@pytest.fixture(scope="module")
def clip():
    """A second of vowel, a closure, a vowel, and a second of silence."""
    spans = [PhonemeSpan("AA", 0, 1.0), PhonemeSpan("M", 1.0, 1.2), PhonemeSpan("AA", 1.2, 2.0)]
    return replace(generated_clips(1, seed=0)[0], phonemes=[*spans, PhonemeSpan("SIL", 2.0, 3.0)])


def jaw(values):
    expression = np.zeros((len(values), NUM_EXPRESSIONS), np.float32)
    expression[:, ARKIT_INDEX["jawOpen"]] = values
    return expression


def test_apertures_are_sorted_by_what_is_said(clip):
    opened = np.full(75, 0.8)
    opened[bilabial_frames(clip)[0]] = 0.0
    opened[50:] = 0.4
    apertures = clip_apertures(clip, jaw(opened))
    np.testing.assert_allclose(apertures.closures, [0])
    assert np.median(apertures.elsewhere) == pytest.approx(1)
    np.testing.assert_allclose(apertures.resting, 0.5)


@pytest.mark.parametrize("least", [0.0, 0.25])
def test_lips_that_touch_for_a_moment_are_as_closed_as_in_that_moment(clip, least):
    opened = np.full(75, 0.8)
    opened[27] = 0.8 * least
    np.testing.assert_allclose(clip_apertures(clip, jaw(opened)).closures, [least], atol=1e-6)


def test_lips_that_never_close_are_told(clip):
    table = lips_table([clip], lambda clip, emotion: jaw(np.full(75, 0.5 if emotion == "disgust" else 0.0)))
    closed = {row[0]: row[3] for row in table.rows}
    assert closed["disgust"] == "0.0"
    assert closed["happy"] == "100.0"
    assert list(closed) == list(EMOTIONS)
