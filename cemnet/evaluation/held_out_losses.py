"""The trainer's losses on held-out voices, with the emotion that the network hears itself, as at inference."""

import torch
from torch.utils.data import DataLoader

from ..network import EmotionNetwork
from ..training.networks.cross_pairs import CrossPairs
from ..training.networks.feature_clips import FeatureClips
from ..training.networks.filmed_clips import FilmedClips
from ..training.networks.objective import Objective
from ..training.networks.voice_statistics import VoiceTable

BATCH_SIZE = 32


@torch.no_grad()
def held_out_losses(
    network: EmotionNetwork,
    clips: FeatureClips,
    crop_seconds: float,
    num_batches: int,
    seed: int,
    films: FilmedClips | None = None,
) -> dict[str, float]:
    """Mean of every loss of the weights, by name, over batches that depend on the clips and the seed alone.

    The adversary is left out, which is part of a run and not of its weights. Every target emotion comes from a voice;
    none is asked for by name. With `films` every example is one of a filmed person, else every one is acted.
    """
    objective = Objective(network, heard_share=1.0).eval()
    voices = VoiceTable.of(clips.clips, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pairs = CrossPairs(
            clips,
            voices,
            crop_seconds,
            num_batches * BATCH_SIZE,
            asked_share=0.0,
            seed=seed,
            films=films,
            filmed_share=1.0,
        )
        measured = [objective(batch) for batch in DataLoader(pairs, BATCH_SIZE)]
    return {
        name: float(torch.stack([losses[name] for losses in measured]).mean())
        for name in measured[0]
        if name != "adversary"
    }
