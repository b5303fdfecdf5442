"""Calibration and displayed strength, on beliefs made up by hand."""

from dataclasses import replace

import numpy as np
import pytest
from made_voices import ANGRY, SAD, heard, one_hot, speech_of

from cemnet import pipeline
from cemnet.evaluation.voice.calibration import (
    Displayed,
    Reliability,
    displacement_size,
    display_table,
    moment_reliability,
)
from cemnet.evaluation.voice.heard import Heard


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


def test_beliefs_that_are_as_often_right_as_sure_have_no_error():
    sure = np.full(100, 0.7)
    assert Reliability.of(sure, np.arange(100) < 70).expected_error == pytest.approx(0)
    assert Reliability.of(sure, np.arange(100) < 40).expected_error == pytest.approx(0.3)
    mixed = Reliability.of(np.array([1.0, 0.2]), np.array([True, True]))
    assert mixed.expected_error == pytest.approx(0.4)
    assert mixed.share[-1] == 0.5


def test_moments_count_where_there_is_voice():
    voiced = [1] * 40 + [0] * 40
    result = heard([SAD], [SAD], speeches=[speech_of([SAD] * 40 + [ANGRY] * 40, voiced)])
    assert moment_reliability(result).expected_error == pytest.approx(0)
    assert moment_reliability(replace(result, labels=np.array([ANGRY]))).expected_error == pytest.approx(1)


def test_a_displacement_grows_with_intensity_and_is_nothing_for_neutral(model):
    speech = speech_of([SAD] * 30)
    whole = displacement_size(model, speech)
    assert whole > 0.02
    assert displacement_size(model, replace(speech, intensity=speech.intensity * 0.3)) < 0.6 * whole
    assert displacement_size(model, speech, "neutral") == 0


def test_what_is_shown_is_compared_with_full_strength(model):
    strong, faint = speech_of([SAD] * 30), speech_of([SAD] * 30)
    faint = replace(faint, intensity=faint.intensity * 0.2)
    neutral = speech_of([0] * 30)
    beliefs = np.stack([one_hot(SAD), 0.4 * one_hot(SAD) + 0.075, one_hot(0)])
    displayed = Displayed.of(model, Heard(np.array([SAD, ANGRY, 0]), beliefs, (strong, faint, neutral)))
    assert displayed.share[0] == pytest.approx(1, abs=0.02)
    assert displayed.share[1] < 0.5
    np.testing.assert_array_equal(displayed.right, [True, False])
    note = display_table(displayed, "clean").note
    assert "correlation with certainty 1.00" in note
