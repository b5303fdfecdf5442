"""Accuracy by speakers never heard is measured on speakers that were never heard."""

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.evaluation.voice import speaker_folds
from cemnet.training.networks.feature_clips import STYLES, full_speaker, load_feature_clips
from cemnet.training.networks.settings import DataSettings


@pytest.mark.slow
def test_no_speaker_of_a_fold_was_trained_on_and_all_others_were(tmp_path, monkeypatch):
    clips = load_feature_clips(DataSettings(generated_clips=8, voice_augmentations=0), tmp_path, torch.device("cpu"), 0)
    speakers = {clip.full_name: full_speaker(clip.clip) for clip in clips.clips}
    trained = []

    def branch(voices, config, num_steps, seed):
        trained.append({speakers[name] for name in voices.rows_of})
        return AudioEmotionEncoder(config).eval()

    monkeypatch.setattr(speaker_folds, "train_emotion_branch", branch)
    folds = [["babbler_0"], ["babbler_1", "babbler_2"]]
    small = AudioEmotionConfig(content_dim=16, hidden_dim=16, embedding_dim=16)
    speaker_folds.fold_accuracies(clips, "babble", folds, small, num_steps=1)
    everybody = set(speakers.values())
    assert trained == [everybody - {f"babble/{speaker}" for speaker in fold} for fold in folds]


@pytest.mark.slow
def test_a_clip_is_judged_right_only_where_its_style_is_named(tmp_path):
    clips = load_feature_clips(DataSettings(generated_clips=8, voice_augmentations=0), tmp_path, torch.device("cpu"), 0)
    torch.manual_seed(0)
    encoder = AudioEmotionEncoder(AudioEmotionConfig(content_dim=16, hidden_dim=16, embedding_dim=16)).eval()
    judged = speaker_folds.judge_clips(encoder, clips.clips, ["sad", "angry"])
    assert set(judged.tolist()) <= {STYLES.index("sad"), STYLES.index("angry")}
