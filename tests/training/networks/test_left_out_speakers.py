"""The temperature of beliefs is chosen on speakers that the branch has not heard."""

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.training.networks import temperature
from cemnet.training.networks.feature_clips import full_speaker, load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import VoiceTable


@pytest.mark.parametrize("num_folds", [1, 2])
def test_no_speaker_who_chooses_the_temperature_was_trained_on(tmp_path, monkeypatch, num_folds):
    clips = load_feature_clips(DataSettings(generated_clips=8, voice_augmentations=0), tmp_path, torch.device("cpu"), 0)
    speakers = {clip.full_name: full_speaker(clip.clip) for clip in clips.clips}
    trained, judged, moments = [], [], temperature.moments

    def branch(voices, config, num_steps, seed):
        trained.append({speakers[name] for name in voices.rows_of})
        judged.append(set())
        return AudioEmotionEncoder(config).eval()

    def judging(encoder, chosen):
        judged[-1] |= {full_speaker(clip.clip) for clip in chosen}
        return moments(encoder, chosen)

    monkeypatch.setattr(temperature, "train_emotion_branch", branch)
    monkeypatch.setattr(temperature, "moments", judging)
    small = AudioEmotionConfig(content_dim=16, hidden_dim=16, embedding_dim=16)
    temperature.choose_temperature(clips.clips, VoiceTable.of(clips.clips, seed=0), small, num_folds, 1, seed=0)
    assert len(trained) == num_folds
    for seen, heard in zip(trained, judged, strict=True):
        assert seen and heard and not seen & heard
