"""Arguments and steps that several subjects share."""

import argparse
from pathlib import Path

from ...model import CEMNet
from ...network import NETWORK_WEIGHTS
from ...training.corpora.clips import Clip
from ..inputs import describe_weights, evaluated_model, labelled_clips, split_speakers
from ..report.report import Report

BASE_CONFIG = Path("train/configs/base.yaml")


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """--config: the training settings that name the folders of prepared clips."""
    parser.add_argument("--config", type=Path, default=BASE_CONFIG, help="names the prepared clips")


def add_feature_arguments(parser: argparse.ArgumentParser) -> None:
    """--config and --features: clips with the speech features that a training run has stored."""
    add_config_argument(parser)
    parser.add_argument("--features", type=Path, required=True, help="the features folder of a training run")


def add_network_argument(parser: argparse.ArgumentParser) -> None:
    """--weights: the emotion and motion networks under evaluation."""
    parser.add_argument("--weights", type=Path, help=f"default: the released {NETWORK_WEIGHTS}")


def add_voice_arguments(parser: argparse.ArgumentParser) -> None:
    """All arguments of a subject that measures the model on held-out speakers."""
    add_config_argument(parser)
    add_network_argument(parser)
    parser.add_argument("--speakers", nargs="+", required=True, help="ravdess/17 and so on, not heard in training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="folder for a report")


def open_voices(arguments: argparse.Namespace) -> tuple[CEMNet, list[Clip], Report]:
    """The model, the held-out speakers' clips, and an empty report; CEMNetError for a speaker without clips."""
    clips, _ = split_speakers(labelled_clips(arguments.config), arguments.speakers)
    note = f"{describe_weights(arguments.weights)}. Voices: {', '.join(arguments.speakers)}."
    return evaluated_model(arguments.weights), clips, Report(f"Voices: {arguments.subject}", note)


def finish_report(report: Report, arguments: argparse.Namespace) -> None:
    """Prints the report; writes SUBJECT.html and SUBJECT.txt where a folder is given."""
    print(report.text())
    if arguments.output:
        report.save(arguments.output, arguments.subject)
