"""The temperature of beliefs is chosen where it makes the truth least surprising, by speakers left out."""

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.training.networks import temperature
from cemnet.training.networks.feature_clips import full_speaker, load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.temperature import TEMPERATURES, choose_temperature, likeliest_temperature
from cemnet.training.networks.voice_statistics import VoiceTable

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("exaggeration", [1.0, 1.5, 2.5])
def test_an_exaggerated_belief_is_cooled_by_as_much(exaggeration):
    torch.manual_seed(0)
    logits = 2.0 * torch.randn(20_000, 4)
    truth = torch.distributions.Categorical(logits=logits).sample()
    found = likeliest_temperature(exaggeration * logits, truth, torch.eye(4))
    assert found == pytest.approx(exaggeration, rel=0.07)


def test_a_timid_belief_is_left_as_it_is():
    torch.manual_seed(0)
    logits = 2.0 * torch.randn(20_000, 4)
    truth = torch.distributions.Categorical(logits=logits).sample()
    assert likeliest_temperature(0.7 * logits, truth, torch.eye(4)) == 1.0


def test_speakers_left_out_choose_the_temperature(tmp_path):
    clips = load_feature_clips(DataSettings(generated_clips=8, voice_augmentations=0), tmp_path, torch.device("cpu"), 0)
    voices = VoiceTable.of(clips.clips, seed=0)
    small = AudioEmotionConfig(content_dim=16, hidden_dim=16, embedding_dim=16)
    first, again = (choose_temperature(clips.clips, voices, small, 1, 3, seed=0) for _ in range(2))
    assert first == again
    assert TEMPERATURES.min() <= first <= TEMPERATURES.max()


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
