"""The ablation of the enhancement trains branches without it, and tests them where it is easy and where hard."""

from dataclasses import replace

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.evaluation.voice import speaker_folds
from cemnet.evaluation.voice.enhancement import CONDITIONS, enhancement_table
from cemnet.training.networks.feature_clips import load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import PARTS


def test_conditions_are_the_clean_whole_the_copies_and_the_parts():
    rows = range(100, 100 + 3 * (1 + PARTS))  # a clean recording and two copies
    chosen = {name: list(choose(rows)) for name, choose in CONDITIONS.items()}
    assert chosen == {"clean": [100], "degraded": [104, 108], "short": [101, 102, 103]}


@pytest.mark.slow
def test_branches_of_the_config_are_trained_without_the_speakers_they_are_tested_on(tmp_path, monkeypatch):
    settings = DataSettings(generated_clips=8, voice_augmentations=1)
    clips = load_feature_clips(settings, tmp_path, torch.device("cpu"), 0)
    trained = []

    def branch(voices, config, num_steps, seed):
        trained.append((config.enhancement, set(voices.rows_of)))
        return AudioEmotionEncoder(config).eval()

    monkeypatch.setattr(speaker_folds, "train_emotion_branch", branch)
    small = AudioEmotionConfig(content_dim=8, hidden_dim=8, embedding_dim=16)
    folds = [["babbler_0"], ["babbler_1", "babbler_2", "babbler_3"]]
    table = enhancement_table(clips, "babble", folds, replace(small, enhancement=0.0), num_steps=1)
    assert [row[0] for row in table.rows] == ["enhancement 0"]
    assert all(float(cell) >= 0 for cell in table.rows[0][1:])
    assert len(table.header) == len(table.rows[0]) == 1 + 2 * len(CONDITIONS)
    assert [level for level, _ in trained] == [0.0, 0.0]
    for (_, seen), fold in zip(trained, folds, strict=True):
        assert seen == {clip.full_name for clip in clips.clips if clip.clip.speaker not in fold}
