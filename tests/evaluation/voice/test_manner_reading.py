"""R² of manner counts what a voice does beyond its emotion, on speakers never heard."""

import numpy as np
import pytest
import torch

from cemnet.config import MANNER_AXES, AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.evaluation.voice import speaker_folds
from cemnet.evaluation.voice.manner_reading import constants_table, explained, manner_table
from cemnet.speech.manner import measure_manner
from cemnet.training.networks.feature_clips import FeatureClips, load_feature_clips
from cemnet.training.networks.settings import DataSettings

CONDITIONS = ["calm", "calm", "loud", "loud"]
TRUE = np.array([[1.0, 0.0], [2.0, 1.0], [8.0, 0.0], [9.0, 1.0]])


def test_what_the_condition_tells_counts_for_nothing():
    conditions_alone = np.array([[1.5, 0.5], [1.5, 0.5], [8.5, 0.5], [8.5, 0.5]])
    assert explained(TRUE, TRUE, CONDITIONS).tolist() == [1.0, 1.0]
    assert explained(conditions_alone, TRUE, CONDITIONS).tolist() == [0.0, 0.0]
    assert explained(TRUE + 5.0, TRUE, CONDITIONS).tolist() == [1.0, 1.0]
    assert (explained(TRUE[[1, 0, 3, 2]], TRUE, CONDITIONS) < 0).all()


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> FeatureClips:
    settings = DataSettings(generated_clips=8, voice_augmentations=0)
    return load_feature_clips(settings, tmp_path_factory.mktemp("features"), torch.device("cpu"), seed=0)


@pytest.mark.slow
def test_every_fold_is_read_by_a_branch_that_never_heard_its_speakers(clips, monkeypatch):
    trained = []

    def branch(voices, config, num_steps, seed):
        trained.append(set(voices.rows_of))
        return AudioEmotionEncoder(config).eval()

    monkeypatch.setattr(speaker_folds, "train_emotion_branch", branch)
    small = AudioEmotionConfig(content_dim=8, hidden_dim=8, embedding_dim=16)
    folds = [["babbler_0", "babbler_1"], ["babbler_2", "babbler_3"]]
    table = manner_table(clips, "babble", folds, small, num_steps=1)
    assert [row[0] for row in table.rows] == ["statistics", "z", "head"]
    assert all(len(row) == 1 + len(MANNER_AXES) for row in table.rows)
    for seen, fold in zip(trained, folds, strict=True):
        assert seen == {clip.full_name for clip in clips.clips if clip.clip.speaker not in fold}


@pytest.mark.slow
def test_constants_are_those_of_the_clips(clips):
    rows = {name: np.array([float(value) for value in values]) for name, *values in constants_table(clips.clips).rows}
    spoken = [measure_manner(clip.recordings[0].voice) for clip in clips.clips]
    measured = np.stack([manner for manner in spoken if manner is not None])
    assert len(measured) == len(clips.clips)
    np.testing.assert_allclose(rows["centre"], measured.mean(0), atol=1e-3)  # each speaker has two clips
    assert (rows["spread"] > 0).all()
    emotional = np.stack([values for name, values in rows.items() if name not in ("centre", "spread")])
    np.testing.assert_allclose(emotional.mean(0), 0, atol=1e-2)
