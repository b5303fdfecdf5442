"""Accuracy in degraded recordings, on beliefs made up by hand and on synthetic speech."""

import numpy as np
import pytest
import torch
from made_voices import ANGRY, SAD, heard

from cemnet import pipeline
from cemnet.arkit import EMOTION_INDEX
from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.evaluation.voice import robustness
from cemnet.evaluation.voice.robustness import (
    CLEAN,
    DEGRADATIONS,
    confused_table,
    fold_right,
    folds_table,
    hear_degraded,
    recall_table,
    robustness_table,
)
from cemnet.training.corpora.formant_synthesis import synthesise_formants
from cemnet.training.networks.feature_clips import generated_clips, load_feature_clips
from cemnet.training.networks.settings import DataSettings


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


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


@pytest.mark.slow
def test_clips_are_heard_through_the_whole_path(model):
    clips = generated_clips(2, seed=0)
    result = hear_degraded(model, clips, DEGRADATIONS["half level"], seed=0)
    np.testing.assert_array_equal(result.labels, [EMOTION_INDEX[clip.emotion] for clip in clips if clip.emotion])
    np.testing.assert_allclose(result.belief.sum(1), 1, atol=1e-4)
    assert [speech.num_frames for speech in result.speeches] == [75, 75]


@pytest.mark.slow
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


@pytest.mark.slow
def test_no_speaker_of_a_fold_was_trained_on(tmp_path, monkeypatch):
    settings = DataSettings(generated_clips=8, voice_augmentations=0)
    features = load_feature_clips(settings, tmp_path, torch.device("cpu"), 0)
    speakers, trained = {clip.full_name: clip.clip.speaker for clip in features.clips}, []

    def branch(voices, config, num_steps, seed):
        trained.append({speakers[name] for name in voices.rows_of})
        return AudioEmotionEncoder(config).eval()

    monkeypatch.setattr(robustness, "train_emotion_branch", branch)
    monkeypatch.setattr(robustness, "DEGRADATIONS", {CLEAN: DEGRADATIONS[CLEAN]})
    small = AudioEmotionConfig(content_dim=16, hidden_dim=16, embedding_dim=16)
    fold_right(features, "babble", [["babbler_0"], ["babbler_1", "babbler_2"]], small, num_steps=1, seed=0)
    assert trained == [{"babbler_1", "babbler_2", "babbler_3"}, {"babbler_0", "babbler_3"}]
