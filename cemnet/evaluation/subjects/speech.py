"""Emotion accuracy by speakers held out of training: five RAVDESS folds; Emo-DB leave-one-speaker-out."""

import argparse
from dataclasses import replace

import numpy as np

from ...training.networks.emotion_branch import BRANCH_STEPS
from ..inputs import features_of_all_speakers
from ..voice.enhancement import enhancement_table
from ..voice.speaker_folds import fold_accuracies, ravdess_folds, speakers_of
from .shared import add_feature_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, how long each fold trains, and an ablation of the enhancement."""
    add_feature_arguments(parser)
    parser.add_argument("--steps", type=int, default=BRANCH_STEPS)
    parser.add_argument("--enhancement", type=float, help="train with another one; 0 switches it off")
    parser.add_argument("--conditions", action="store_true", help="clean, degraded and short voices, instead")


def run(arguments: argparse.Namespace) -> None:
    """Prints one line for each corpus: mean accuracy in percent, then that of each fold.

    With --conditions it prints a table of RAVDESS's voices that are easy and hard.
    """
    settings, clips = features_of_all_speakers(arguments.config, arguments.features)
    config = settings.model.audio_emotion
    if arguments.enhancement is not None:
        config = replace(config, enhancement=arguments.enhancement)
    if arguments.conditions:
        print(enhancement_table(clips, "ravdess", ravdess_folds(clips), config, arguments.steps).text())
        return
    folds = {
        "ravdess": ravdess_folds(clips),
        "emodb": [[speaker] for speaker in speakers_of(clips, "emodb")],
    }
    for source, speakers in folds.items():
        accuracies = fold_accuracies(clips, source, speakers, config, arguments.steps)
        listed = " ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)
        print(f"{source}: {100 * np.mean(accuracies):.1f} % over {len(speakers)} folds of unheard speakers ({listed})")
