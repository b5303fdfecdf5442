"""The ablation of the enhancement trains a branch for each config and tests it where it is easy and where it is hard."""

from dataclasses import replace

import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.evaluation.voice import enhancement
from cemnet.evaluation.voice.enhancement import CONDITIONS, enhancement_table
from cemnet.training.networks.feature_clips import load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import PARTS


def test_conditions_are_the_clean_whole_the_copies_and_the_parts():
    rows = range(100, 100 + 3 * (1 + PARTS))  # a clean recording and two copies
    chosen = {name: list(choose(rows)) for name, choose in CONDITIONS.items()}
    assert chosen == {"clean": [100], "degraded": [104, 108], "short": [101, 102, 103]}


def test_every_config_is_trained_without_the_speakers_it_is_tested_on(tmp_path, monkeypatch):
    settings = DataSettings(generated_clips=8, voice_augmentations=1)
    clips = load_feature_clips(settings, tmp_path, torch.device("cpu"), 0)
    trained = []

    def branch(voices, config, num_steps, seed):
        trained.append((config.enhancement, set(voices.rows_of)))
        return AudioEmotionEncoder(config).eval()

    monkeypatch.setattr(enhancement, "train_emotion_branch", branch)
    small = AudioEmotionConfig(content_dim=8, hidden_dim=8, embedding_dim=16)
    configs = {"with": small, "without": replace(small, enhancement=0.0)}
    folds = [["babbler_0"], ["babbler_1", "babbler_2", "babbler_3"]]
    table = enhancement_table(clips, "babble", folds, configs, num_steps=1)
    assert [row[0] for row in table.rows] == ["with", "without"]
    assert all(float(cell) >= 0 for row in table.rows for cell in row[1:])
    assert len(table.header) == len(table.rows[0]) == 1 + 2 * len(CONDITIONS)
    assert [level for level, _ in trained] == [1.0, 1.0, 0.0, 0.0]
    for (_, seen), fold in zip(trained, folds * 2, strict=True):
        assert seen == {clip.full_name for clip in clips.clips if clip.clip.speaker not in fold}
