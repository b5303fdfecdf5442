"""Turns from one emotion to another and flicker, on voices made up by hand."""

from dataclasses import replace

import pytest
from made_voices import ANGRY, SAD, speech_of

from cemnet import pipeline
from cemnet.evaluation.voice.turns import (
    Turn,
    num_changes,
    spoken_part,
    steadiness_table,
    total_variation,
    turn_delay,
    turning_voices,
    turns_table,
)
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.networks.feature_clips import generated_clips
from cemnet.types import MOTION_FPS, SAMPLE_RATE


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


def test_a_turn_is_found_where_it_stays():
    before, after = [SAD] * 60, [ANGRY] * 60

    def delay(indices):
        turn = Turn("a", ("sad", "angry"), SAD, ANGRY, 60 / MOTION_FPS, speech_of(indices))
        return turn_delay(turn)

    assert delay(before + after) == pytest.approx(0)
    assert delay([SAD] * 70 + [ANGRY] * 50) == pytest.approx(10 / MOTION_FPS)
    assert delay([SAD] * 50 + [ANGRY] * 70) == pytest.approx(-10 / MOTION_FPS)
    assert delay([SAD] * 60 + [ANGRY] * 5 + [SAD] * 15 + [ANGRY] * 40) == pytest.approx(20 / MOTION_FPS)
    assert delay([SAD] * 120) is None


def test_flicker_is_counted_while_somebody_speaks():
    steady, flickering = speech_of([SAD] * 40), speech_of([SAD, ANGRY] * 20)
    assert (num_changes(steady), total_variation(steady)) == (0, 0)
    assert num_changes(flickering) == 39
    assert total_variation(flickering) == pytest.approx(39)
    silent_edges = speech_of([ANGRY] * 5 + [SAD] * 30 + [ANGRY] * 5, [0] * 5 + [1] * 30 + [0] * 5)
    assert num_changes(silent_edges) == 0
    rows = steadiness_table([steady, flickering], [SAD, SAD]).rows
    assert rows == [("sad", "2", "19.50", "50", "19.50"), ("all", "2", "19.50", "50", "19.50")]


def test_only_the_spoken_part_of_a_clip_is_joined(model):
    clip = generated_clips(1, seed=0)[0]
    spans = [PhonemeSpan("SIL", 0, 1.0), PhonemeSpan("AA", 1.0, 2.0), PhonemeSpan("SIL", 2.0, 3.0)]
    clips = [
        replace(clip, name=name, original_emotion=name, emotion=emotion, phonemes=spans)
        for name, emotion in (("calm", "neutral"), ("angry", "angry"))
    ]
    assert len(spoken_part(clips[0])) == pytest.approx(1.3 * SAMPLE_RATE, abs=2)
    (turn,) = turning_voices(model, clips, [("calm", "angry"), ("calm", "sad")])
    assert turn.turn_seconds == pytest.approx(1.45, abs=0.01)
    assert turn.speech.num_frames == pytest.approx(2.6 * MOTION_FPS, abs=1)
    assert turns_table([turn]).rows[0][0] == "calm to angry"
