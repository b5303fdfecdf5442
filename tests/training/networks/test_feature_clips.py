"""Speakers that are held out are never learned from."""

import pytest
import torch

from cemnet.training.networks.feature_clips import load_feature_clips
from cemnet.training.networks.settings import DataSettings

pytestmark = pytest.mark.slow


def test_no_held_out_speaker_is_trained_on(tmp_path):
    settings = DataSettings(generated_clips=8, voice_augmentations=0, validation_speakers=("babble/babbler_0",))
    kept = load_feature_clips(settings, tmp_path, torch.device("cpu"), seed=0)
    assert {clip.clip.speaker for clip in kept.clips} == {"babbler_1", "babbler_2", "babbler_3"}
