"""Robustness, calibration and turns of what is heard, on beliefs made up by hand and on synthetic speech."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.config import AudioEmotionConfig
from cemnet.evaluation.voice.calibration import (
    Displayed,
    Reliability,
    displacement_size,
    display_table,
    moment_reliability,
)
from cemnet.evaluation.voice.robustness import (
    CLEAN,
    DEGRADATIONS,
    Heard,
    confused_table,
    fold_right,
    folds_table,
    hear_degraded,
    recall_table,
    robustness_table,
)
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
from cemnet.training.corpora.formant_synthesis import synthesise_formants
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.networks.feature_clips import generated_clips, load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.types import MOTION_FPS, SAMPLE_RATE, Audio, Speech

SAD, ANGRY = EMOTION_INDEX["sad"], EMOTION_INDEX["angry"]


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


def one_hot(indices):
    return np.eye(len(EMOTIONS))[indices]


def heard(labels, said, sure=0.9, speeches=()):
    belief = one_hot(said) * sure + (1 - sure) / len(EMOTIONS)
    return Heard(np.array(labels), belief, tuple(speeches))


def speech_of(indices, voiced=None):
    """A voice that is believed to be, and shows, one emotion after the other, frame by frame."""
    frames, belief = len(indices), torch.from_numpy(one_hot(indices)).float()
    prosody = torch.zeros(frames, 4)
    prosody[:, 3] = torch.ones(frames) if voiced is None else torch.tensor(voiced, dtype=torch.float32)
    level = torch.ones(frames)
    audio = Audio(torch.zeros(1, frames * 640), SAMPLE_RATE)
    return Speech(audio, torch.zeros(frames, 64), prosody, torch.zeros(frames, 128), belief, belief, level, level)


def test_a_condition_costs_what_it_makes_wrong():
    labels = [1, 2, 3, 4] * 5
    said = [0, *labels[1:8], 0, *labels[9:]]
    table = robustness_table({CLEAN: heard(labels, labels), "noise": heard(labels, said)})
    clean, noise = table.rows
    assert clean[1].strip().startswith("100.0")
    assert noise[1].strip().startswith("90.0")
    assert noise[2].strip().startswith("10.0")
    assert noise[4] == "MISSED"
    table = robustness_table({CLEAN: heard(labels, labels), "half level": heard(labels, labels)})
    assert table.rows[1][4] == "met"


def test_recall_and_confusion_name_what_is_lost():
    result = heard([SAD, SAD, ANGRY, ANGRY], [SAD, ANGRY, ANGRY, ANGRY])
    assert recall_table({CLEAN: result}).rows == [("sad", "50"), ("angry", "100")]
    assert confused_table(result).rows == [("sad", "50", "50"), ("angry", "0", "100")]


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_degraded_recordings_keep_their_length_and_only_the_clean_one_its_samples(name):
    waveform, _ = synthesise_formants("angry", 1.0, np.random.default_rng(0))
    changed = DEGRADATIONS[name](waveform, np.random.default_rng(1))
    assert changed.shape == waveform.shape
    assert np.abs(changed).max() <= max(1.0, np.abs(waveform).max()) * 1.5
    assert np.array_equal(changed, waveform) == (name == CLEAN)


def test_clips_are_heard_through_the_whole_path(model):
    clips = generated_clips(2, seed=0)
    result = hear_degraded(model, clips, DEGRADATIONS["half level"], seed=0)
    np.testing.assert_array_equal(result.labels, [EMOTION_INDEX[clip.emotion] for clip in clips if clip.emotion])
    np.testing.assert_allclose(result.belief.sum(1), 1, atol=1e-4)
    assert [speech.num_frames for speech in result.speeches] == [75, 75]


def test_folds_judge_every_clip_of_the_source_in_every_condition(tmp_path):
    features = load_feature_clips(
        DataSettings(generated_clips=5, voice_augmentations=0), tmp_path, torch.device("cpu"), 0
    )
    folds = [["babbler_0"]]
    small = AudioEmotionConfig(content_dim=16, hidden_dim=16, embedding_dim=16)
    right = fold_right(features, "babble", folds, small, num_steps=3, seed=0)
    assert list(right) == list(DEGRADATIONS)
    assert {len(values) for values in right.values()} == {2}
    table = folds_table({CLEAN: np.ones(6, bool), "half level": np.arange(6) > 0}, "babble", len(folds))
    assert table.rows[0][2:] == ("", "")
    assert table.rows[1][3] == "MISSED"


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
