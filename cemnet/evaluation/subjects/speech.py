"""Emotion accuracy by speakers held out of training: five RAVDESS folds, Emo-DB and nEMO leave-one-speaker-out."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...training.networks.emotion_branch import BRANCH_STEPS
from ...training.networks.feature_clips import FeatureClips
from ..inputs import features_of_all_speakers
from ..voice.enhancement import enhancement_table
from ..voice.speaker_folds import fold_accuracies, ravdess_folds, speakers_of, unheard_corpus_recall
from .shared import add_feature_arguments

UNHEARD: dict[str, Callable[[FeatureClips], list[list[str]]]] = {
    "ravdess": ravdess_folds,
    "emodb": lambda clips: [[speaker] for speaker in speakers_of(clips, "emodb")],
    "nemo": lambda clips: [[speaker] for speaker in speakers_of(clips, "nemo")],
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, how long each fold trains, and an ablation of the enhancement."""
    add_feature_arguments(parser)
    parser.add_argument("--steps", type=int, default=BRANCH_STEPS)
    parser.add_argument("--enhancement", type=float, help="train with another one; 0 switches it off")
    parser.add_argument("--corpora", nargs="+", help="only these, such as ravdess")
    parser.add_argument("--unheard-corpora", action="store_true", help="leave out whole corpora, instead of speakers")
    parser.add_argument("--conditions", action="store_true", help="clean, degraded and short voices, instead")


def run(arguments: argparse.Namespace) -> None:
    """Prints two lines for each corpus: mean accuracy in percent, then that of each fold; and with normal voices.

    With --unheard-corpora it prints the mean recall on each corpus that training left out as a whole. With
    --conditions it prints a table of RAVDESS's voices that are easy and hard.
    """
    settings, clips = features_of_all_speakers(arguments.config, arguments.features)
    config = settings.model.audio_emotion
    if arguments.enhancement is not None:
        config = replace(config, enhancement=arguments.enhancement)
    if arguments.conditions:
        print(enhancement_table(clips, "ravdess", ravdess_folds(clips), config, arguments.steps).text())
        return
    corpora = arguments.corpora or [source for source in UNHEARD if speakers_of(clips, source)]
    if arguments.unheard_corpora:
        for source in corpora:
            alone, beside_normal = unheard_corpus_recall(clips, source, config, arguments.steps)
            print(
                f"{source}, never heard: mean recall {alone:.3f}; with the normal voice {beside_normal:.3f}", flush=True
            )
        return
    for source in corpora:
        speakers = UNHEARD[source](clips)
        alone, beside_normal = fold_accuracies(clips, source, speakers, config, arguments.steps)
        print(f"{source}, {len(speakers)} folds of unheard speakers: {_percent(alone)}", flush=True)
        print(f"{source}, with their normal voices: {_percent(beside_normal)}", flush=True)


def _percent(accuracies: Sequence[float]) -> str:
    listed = " ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)
    return f"{100 * np.mean(accuracies):.1f} % ({listed})"
