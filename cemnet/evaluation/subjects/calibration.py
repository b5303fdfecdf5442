"""Calibration of beliefs about voices, and how little of an unsure belief is shown."""

import argparse

from ..report.figures import reliability_figure
from ..report.report import Picture
from ..voice.calibration import Displayed, clip_reliability, display_table, moment_reliability, reliability_table
from ..voice.robustness import CLEAN, DEGRADATIONS, hear_degraded
from .shared import add_voice_arguments, finish_report, open_voices

CONDITIONS = (CLEAN, "noise at 10 dB")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Held-out voices."""
    add_voice_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Reports reliability of whole clips and of moments, clean and in noise, and the size of what is shown."""
    model, clips, report = open_voices(arguments)
    for name in CONDITIONS:
        heard = hear_degraded(model, clips, DEGRADATIONS[name], arguments.seed)
        for scope, measured in (("clips", clip_reliability(heard)), ("moments", moment_reliability(heard))):
            title = f"{scope}, {name}"
            figure = reliability_figure(measured.confidence, measured.accuracy, measured.share, title)
            report.add(reliability_table(title, measured), Picture(title, figure))
        report.add(display_table(Displayed.of(model, heard), name))
    finish_report(report, arguments)
