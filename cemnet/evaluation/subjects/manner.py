"""The manner of voices: how much of it z holds on unheard speakers (R²), and the constants that standardise it."""

import argparse

from ...training.networks.emotion_branch import BRANCH_STEPS
from ...training.networks.feature_clips import full_speaker
from ..inputs import features_of_all_speakers
from ..voice.manner_reading import constants_table, manner_table
from ..voice.speaker_folds import ravdess_folds
from .shared import add_feature_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, and how long each fold trains."""
    add_feature_arguments(parser)
    parser.add_argument("--steps", type=int, default=BRANCH_STEPS)


def run(arguments: argparse.Namespace) -> None:
    """Prints R² over five folds of RAVDESS, then the constants of its actors whom the config trains on."""
    settings, clips = features_of_all_speakers(arguments.config, arguments.features)
    known = [clip for clip in clips.clips if full_speaker(clip.clip) not in settings.data.validation_speakers]
    config = settings.model.audio_emotion
    print(manner_table(clips, "ravdess", ravdess_folds(clips), config, arguments.steps).text())
    print(constants_table([clip for clip in known if clip.clip.source == "ravdess"]).text())
