"""Measures of a performance on curves whose answers are known, and on a few seconds of babble."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.evaluation.motion.lips import bilabial_frames, clip_apertures, lips_table
from cemnet.evaluation.motion.liveliness import (
    blinks,
    correlation,
    hear_clean,
    hear_joined,
    life_table,
    perform_as,
    prosody_table,
)
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.networks.feature_clips import generated_clips


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


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


def test_lips_that_never_close_are_told(clip):
    table = lips_table([clip], lambda clip, emotion: jaw(np.full(75, 0.5 if emotion == "disgust" else 0.0)))
    closed = {row[0]: row[3] for row in table.rows}
    assert closed["disgust"] == "0.0"
    assert closed["happy"] == "100.0"
    assert list(closed) == list(EMOTIONS)


def test_blinks_are_counted_beyond_what_lids_do_anyway():
    still = torch.zeros(1500, NUM_EXPRESSIONS)
    lids = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]
    still[:, lids] = 0.3
    alive = still.clone()
    for start in (100, 500, 900):
        alive[start : start + 8, lids] = 1.0
    counted = blinks(still, alive)
    assert counted.per_minute == pytest.approx(3)
    assert counted.longest_ms == pytest.approx(320)
    assert blinks(still, still).per_minute == 0


def test_correlation_is_one_for_what_moves_together_and_undefined_for_what_stays():
    wave = np.sin(np.arange(50.0))
    assert correlation(wave, 2 * wave + 1) == pytest.approx(1)
    assert correlation(wave, -wave) == pytest.approx(-1)
    assert np.isnan(correlation(wave, np.ones(50)))


def test_a_voice_is_measured_in_every_emotion_and_for_every_seed(model):
    clips = generated_clips(2, seed=0)
    speeches = hear_clean(model, clips)
    assert [row[0] for row in prosody_table(model, speeches).rows] == list(EMOTIONS)
    joined = hear_joined(model, [replace(clip, speaker="b") for clip in clips], "babble/b", 6)
    assert joined.num_frames == 150
    rows = {row[0]: row[1] for row in life_table(model, [joined], seeds=(0,)).rows}
    assert float(rows["longest blink, ms"]) <= 400
    assert float(rows["head, first frame, degrees"]) == 0


def test_named_emotions_change_the_face_but_not_the_words(model):
    (speech,) = hear_clean(model, generated_clips(1, seed=3))
    happy, sad = (perform_as(model, speech, emotion)[0] for emotion in ("happy", "sad"))
    assert happy[:, ARKIT_INDEX["mouthSmileLeft"]].max() > sad[:, ARKIT_INDEX["mouthSmileLeft"]].max() + 0.2
    assert happy.shape == sad.shape
