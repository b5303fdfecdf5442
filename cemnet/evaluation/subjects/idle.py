"""Blinks, gaze, brows and tremor of idle life beside those of captured faces."""

import argparse
from pathlib import Path

from ...motion.idle_statistics import captured_statistics
from ..motion.idle_life import idle_figure, idle_tables, measured_idle
from ..report.report import Report
from .shared import finish_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much of our own idle life is measured, and where the report goes."""
    parser.add_argument("--seconds", type=float, default=60.0, help="of each take of ours")
    parser.add_argument("--takes", type=int, default=3, help="of ours for each emotion")
    parser.add_argument("--output", type=Path, help="folder for a report and idle.png")


def run(arguments: argparse.Namespace) -> None:
    """Prints the captured table (made by train/fit_idle.py) beside ours; draws both where a folder is given."""
    captured = captured_statistics()
    ours = measured_idle(list(captured), arguments.seconds, arguments.takes)
    report = Report("Idle life", f"Ours: {arguments.takes} takes of {arguments.seconds:g} s for each emotion.")
    report.add(*idle_tables(captured, ours))
    if arguments.output:
        figure = idle_figure(captured, ours)
        report.add(figure)
        arguments.output.mkdir(parents=True, exist_ok=True)
        figure.image.save(arguments.output / "idle.png")
    finish_report(report, arguments)
