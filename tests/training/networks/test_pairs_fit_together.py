"""What a pair asks for is what its performance shows, and reference and performance are of one person."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from cemnet.arkit import BROWS_AND_EYES, EMOTIONS, arkit_indices
from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.feature_clips import load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import VoiceTable

NUM_PAIRS = 60
SHOWN = [*BROWS_AND_EYES, *arkit_indices("mouthSmile", "mouthFrown", "noseSneer")]


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    settings = DataSettings(generated_clips=8, voice_augmentations=0)
    clips = load_feature_clips(settings, tmp_path_factory.mktemp("features"), torch.device("cpu"), seed=0)
    pairs = CrossPairs(clips, VoiceTable.of(clips.clips, seed=0), 2.0, NUM_PAIRS, same_share=0.0)
    torch.manual_seed(0)
    return default_collate([pairs[index] for index in range(NUM_PAIRS)])


def test_a_performance_shows_the_emotion_that_its_pair_asks_for(batch):
    shown = batch["expression"][..., SHOWN].mean(1)
    towards = torch.nn.functional.cosine_similarity(shown.unsqueeze(1), batch["apex_displacement"][..., SHOWN], dim=-1)
    wanted = batch["target_emotion"].argmax(1)
    clear = (wanted > 0) & (batch["target_intensity"] > 0.6)
    assert clear.sum() > 20
    assert (towards.argmax(1) + 1 == wanted)[clear].float().mean() > 0.6


def test_the_reference_is_the_person_who_performs(batch):
    """A person's own apexes explain the reference face better than another person's."""
    state, apexes = batch["reference_state"], batch["apex_displacement"]
    emotional = state.amax(1) > 0.3
    assert len(EMOTIONS) - 1 == state.shape[1] and emotional.sum() > 20

    def unexplained(apex):
        error = batch["reference_expression"] - torch.einsum("be,bex->bx", state, apex)
        return float(error[emotional][:, SHOWN].abs().mean())

    others = np.mean([unexplained(apexes.roll(step, 0)) for step in range(1, 6)])
    assert unexplained(apexes) < 0.9 * others
