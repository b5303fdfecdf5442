"""The temperature of beliefs is chosen where it makes the truth least surprising, by speakers left out."""

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.training.networks.feature_clips import load_feature_clips
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
