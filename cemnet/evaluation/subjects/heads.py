"""Heads of speakers: how far and how fast they turn by emotion, filmed and ours."""

import argparse
from pathlib import Path

from ... import pipeline
from ...media.sound import read_audio
from ..motion.heads import filmed_heads, heads_figure, heads_tables, performed_heads, stress_table
from ..picture.filmed_portraits import films_in
from ..report.report import Report
from .shared import finish_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Films of MEAD, and voices that we perform."""
    parser.add_argument("--films", type=Path, metavar="FOLDER", help="M030_front_angry_level3_001.mp4 …")
    parser.add_argument("--speech", type=Path, nargs="+", required=True, help="voices, each performed in every emotion")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tracks", type=Path, metavar="FOLDER", help="where tracked films are kept for the next time")
    parser.add_argument("--output", type=Path, help="folder for a report and heads.png")


def run(arguments: argparse.Namespace) -> None:
    """Prints both beside each other, and how heads follow stress; draws both where a folder is given."""
    model = pipeline.load_model(device="cpu")
    speeches = [pipeline.encode_speech(model, read_audio(path)) for path in arguments.speech]
    filmed = filmed_heads(model, films_in(arguments.films), arguments.tracks) if arguments.films else {}
    report = Report("Heads")
    ours = performed_heads(model, speeches, range(arguments.seeds))
    report.add(*heads_tables(filmed, ours), stress_table(model, speeches, range(arguments.seeds)))
    if arguments.output:
        figure = heads_figure(filmed, ours)
        report.add(figure)
        arguments.output.mkdir(parents=True, exist_ok=True)
        figure.image.save(arguments.output / "heads.png")
    finish_report(report, arguments)
