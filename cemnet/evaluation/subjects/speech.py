"""Emotion accuracy by speakers held out of training: five RAVDESS folds; Emo-DB leave-one-speaker-out."""

import argparse

import numpy as np

from ...training.networks.emotion_branch import BRANCH_STEPS
from ..inputs import features_of_all_speakers
from ..voice.speaker_folds import fold_accuracies, ravdess_folds, speakers_of
from .shared import add_feature_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, and how long each fold trains."""
    add_feature_arguments(parser)
    parser.add_argument("--steps", type=int, default=BRANCH_STEPS)


def run(arguments: argparse.Namespace) -> None:
    """Prints one line for each corpus: mean accuracy in percent, then that of each fold."""
    settings, clips = features_of_all_speakers(arguments.config, arguments.features)
    folds = {
        "ravdess": ravdess_folds(clips),
        "emodb": [[speaker] for speaker in speakers_of(clips, "emodb")],
    }
    for source, speakers in folds.items():
        accuracies = fold_accuracies(clips, source, speakers, settings.model.audio_emotion, arguments.steps)
        listed = " ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)
        print(f"{source}: {100 * np.mean(accuracies):.1f} % over {len(speakers)} folds of unheard speakers ({listed})")
