"""Emotion that a linear probe still reads from the content of a voice, on unheard speakers; it should read none."""

import argparse

from ...checkpoint import find_weights
from ...network import NETWORK_WEIGHTS, EmotionNetwork
from ..inputs import features_of_all_speakers
from ..voice.content_probe import content_table
from ..voice.speaker_folds import ravdess_folds
from .shared import add_feature_arguments, add_network_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, the weights, and the size of the folds of speakers."""
    add_feature_arguments(parser)
    add_network_argument(parser)
    parser.add_argument("--fold-size", type=int, default=4, help="speakers that a probe does not see")


def run(arguments: argparse.Namespace) -> None:
    """Prints the table of probes."""
    _, clips = features_of_all_speakers(arguments.config, arguments.features)
    network = EmotionNetwork.load(arguments.weights or find_weights(NETWORK_WEIGHTS))
    folds = ravdess_folds(clips, arguments.fold_size)
    print(content_table(network.audio_emotion, clips.clips, "ravdess", folds).text())
