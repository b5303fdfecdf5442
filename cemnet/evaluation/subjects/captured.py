"""Mouth curves of the model beside captured ones of the same speech."""

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ...errors import CEMNetError
from ...training.corpora.clips import Clip, list_clips, load_clip
from ..inputs import describe_weights, evaluated_model
from ..motion.captured_speech import captured_tables
from ..motion.liveliness import hear_clean, perform_as
from ..report.report import Report
from .shared import add_network_argument, finish_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The captured clips, which of them count, and the weights."""
    parser.add_argument(
        "--clips", type=Path, required=True, metavar="FOLDER", help="clips of train/prepare.py facegood"
    )
    parser.add_argument("--takes", nargs="+", help="only clips of these names, such as those kept for testing")
    parser.add_argument("--output", type=Path, help="folder for a report")
    add_network_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    """Reports how like the captured curves the words on a neutral face are; CEMNetError where no clip has curves."""
    clips = captured_clips(arguments.clips, arguments.takes)
    model = evaluated_model(arguments.weights)
    speeches = {clip.name: speech for clip, speech in zip(clips, hear_clean(model, clips), strict=True)}

    def perform(clip: Clip) -> Float[np.ndarray, "frame expression"]:
        return perform_as(model, speeches[clip.name], "neutral")[0].numpy()

    report = Report("Captured speech", f"{describe_weights(arguments.weights)}.")
    report.add(*captured_tables(clips, perform))
    finish_report(report, arguments)


def captured_clips(folder: Path, takes: list[str] | None) -> list[Clip]:
    """The clips of a folder with captured curves, of the named ones where names are given."""
    clips = [load_clip(path) for path in list_clips(folder)]
    chosen = [clip for clip in clips if clip.expression is not None and (not takes or clip.name in takes)]
    if not chosen or (takes and len(chosen) < len(takes)):
        raise CEMNetError(f"{folder} has no clips with captured curves of these names. Prepare them with facegood.")
    return chosen
