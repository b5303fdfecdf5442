"""Emotion heard by unheard speakers in noise, over the telephone, after mp3, and at other levels."""

import argparse
from pathlib import Path

from ...training.networks.emotion_branch import BRANCH_STEPS
from ..inputs import features_of_all_speakers
from ..voice.odd_voices import odd_voices
from ..voice.robustness import (
    CLEAN,
    DEGRADATIONS,
    confused_table,
    fold_right,
    folds_table,
    hear_degraded,
    recall_table,
    robustness_table,
)
from ..voice.speaker_folds import ravdess_folds
from .shared import add_voice_arguments, finish_report, open_voices


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Held-out voices, and the features for a second trial on folds of speakers."""
    add_voice_arguments(parser)
    parser.add_argument("--features", type=Path, help="of a training run: five folds of RAVDESS as well")
    parser.add_argument("--steps", type=int, default=BRANCH_STEPS, help="of each fold")
    parser.add_argument("--odd-voices", action="store_true", help="whispers, songs, children and so on, instead")


def run(arguments: argparse.Namespace) -> None:
    """Reports accuracy in every degradation, recall by emotion, and what clean voices are confused with.

    With --odd-voices accuracy and recall of whispers, songs and other voices that are made of the recordings.
    """
    model, clips, report = open_voices(arguments)
    if arguments.odd_voices:
        kinds = {CLEAN: DEGRADATIONS[CLEAN], **odd_voices(clips)}
        heard = {name: hear_degraded(model, clips, change, arguments.seed) for name, change in kinds.items()}
        report.add(robustness_table(heard), recall_table(heard))
        finish_report(report, arguments)
        return
    heard = {name: hear_degraded(model, clips, change, arguments.seed) for name, change in DEGRADATIONS.items()}
    report.add(robustness_table(heard), recall_table(heard), confused_table(heard[CLEAN]))
    if arguments.features:
        settings, features = features_of_all_speakers(arguments.config, arguments.features)
        folds = ravdess_folds(features)
        right = fold_right(features, "ravdess", folds, settings.model.audio_emotion, arguments.steps, arguments.seed)
        report.add(folds_table(right, "ravdess", len(folds)))
    finish_report(report, arguments)
