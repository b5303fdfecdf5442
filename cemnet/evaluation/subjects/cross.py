"""The trainer's losses on held-out voices, of one or several weights: cross-reconstruction with and without."""

import argparse
from dataclasses import replace
from pathlib import Path

from ...errors import MediaError
from ...network import NETWORK_WEIGHTS, EmotionNetwork
from ...training.networks.feature_clips import full_speaker
from ...training.networks.filmed_clips import FilmedClips
from ..held_out_losses import held_out_losses
from ..inputs import features_of_all_speakers
from .shared import add_feature_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, the weights to compare, and the speakers that none of them heard."""
    add_feature_arguments(parser)
    parser.add_argument(
        "weights", type=Path, nargs="+", help=f"{NETWORK_WEIGHTS} of runs that did not hear the speakers"
    )
    parser.add_argument("--speakers", nargs="+", required=True, help="such as ravdess/17")
    parser.add_argument("--batches", type=int, default=30)
    parser.add_argument("--filmed", action="store_true", help="against filmed faces of the speakers, not acted ones")


def run(arguments: argparse.Namespace) -> None:
    """Prints one line of losses for each file of weights."""
    settings, clips = features_of_all_speakers(arguments.config, arguments.features)
    held_out = replace(
        clips, clips=tuple(clip for clip in clips.clips if full_speaker(clip.clip) in arguments.speakers)
    )
    films = FilmedClips.among(held_out.clips) if arguments.filmed else None
    if arguments.filmed and films is None:
        raise MediaError("None of these speakers was filmed. Prepare the corpus again with --video.")
    for path in arguments.weights:
        network, crop = EmotionNetwork.load(path), settings.data.crop_seconds
        losses = held_out_losses(network, held_out, crop, arguments.batches, settings.seed, films)
        print(f"{path}: " + ", ".join(f"{name} {value:.4f}" for name, value in losses.items()))
