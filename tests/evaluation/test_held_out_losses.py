"""Losses on held-out clips depend on the network and the clips alone."""

import pytest
import torch
from small_model import SMALL

from cemnet.evaluation.held_out_losses import held_out_losses
from cemnet.network import EmotionNetwork
from cemnet.training.networks.feature_clips import load_feature_clips
from cemnet.training.networks.settings import DataSettings

pytestmark = pytest.mark.slow


def test_held_out_losses_depend_on_the_network_and_the_clips_alone(tmp_path):
    settings = DataSettings(generated_clips=16, voice_augmentations=1)
    clips = load_feature_clips(settings, tmp_path, torch.device("cpu"), seed=0)
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).eval()
    first, again = (held_out_losses(network, clips, 1.6, 1, seed=3) for _ in range(2))
    assert first == again
    assert first["cross_reconstruction"] > 0
    torch.nn.init.normal_(network.motion_decoder.articulation.weight)
    assert held_out_losses(network, clips, 1.6, 1, seed=3)["cross_reconstruction"] > first["cross_reconstruction"]
