"""Voices that turn from one emotion to another: when the face turns, and whether it flickers."""

import argparse

from ...types import MOTION_FPS
from ..report.figures import curves_figure
from ..report.report import Picture
from ..voice.robustness import CLEAN, DEGRADATIONS, hear_degraded
from ..voice.turns import steadiness_table, turn_curves, turning_voices, turns_table
from .shared import add_voice_arguments, finish_report, open_voices


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Held-out voices."""
    add_voice_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Reports the delay of every turn, flicker within one emotion, and the curves of what is shown."""
    model, clips, report = open_voices(arguments)
    turns = turning_voices(model, clips)
    heard = hear_degraded(model, clips, DEGRADATIONS[CLEAN], arguments.seed)
    report.add(turns_table(turns), steadiness_table(heard.speeches, heard.labels.tolist()))
    panels = {f"{turn.speaker}, {' to '.join(turn.labels)}": turn_curves(turn) for turn in turns}
    marks = {f"{turn.speaker}, {' to '.join(turn.labels)}": turn.turn_seconds for turn in turns}
    report.add(Picture("What is shown", curves_figure(panels, MOTION_FPS, marks)))
    finish_report(report, arguments)
