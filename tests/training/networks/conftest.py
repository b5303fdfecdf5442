"""Clips, voices and a batch of synthetic speech, shared by the tests of this room."""

import pytest
import torch
from torch.utils.data import default_collate

from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.feature_clips import load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import VoiceTable


@pytest.fixture(scope="package")
def trained_clips(tmp_path_factory):
    settings = DataSettings(generated_clips=16, voice_augmentations=1)
    return load_feature_clips(settings, tmp_path_factory.mktemp("features"), torch.device("cpu"), seed=0)


@pytest.fixture(scope="package")
def trained_voices(trained_clips):
    return VoiceTable.of(trained_clips.clips, seed=0)


@pytest.fixture(scope="package")
def batch(trained_clips, trained_voices):
    torch.manual_seed(0)
    pairs = CrossPairs(trained_clips, trained_voices, crop_seconds=1.6, length=16)
    return default_collate([pairs[index] for index in range(16)])
