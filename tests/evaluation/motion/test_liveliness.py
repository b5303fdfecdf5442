"""Liveliness of a performance on curves whose answers are known, and on a few seconds of synthetic speech."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.evaluation.motion.liveliness import (
    blinks,
    correlation,
    hear_clean,
    hear_joined,
    life_table,
    perform_as,
    prosody_table,
)
from cemnet.training.networks.feature_clips import generated_clips


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


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


@pytest.mark.slow
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
