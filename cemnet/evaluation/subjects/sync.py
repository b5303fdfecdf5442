"""Lips and sound of talking videos, filmed or made: closure at /p b m/, lag, aperture against loudness."""

import argparse
from pathlib import Path

from tqdm import tqdm

from ... import pipeline
from ..motion.sync import Sync, heard_sounds, seen_aperture, sync, sync_table
from ..report.report import Report
from .shared import finish_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The videos."""
    parser.add_argument(
        "videos", type=Path, nargs="+", metavar="VIDEO", help="each with one talking face and its voice"
    )
    parser.add_argument("--output", type=Path, help="folder for a report")


def run(arguments: argparse.Namespace) -> None:
    """Prints a row for each video. FaceError where its face is hardly seen, MediaError where it has no sound."""
    model = pipeline.load_model(device="cpu")
    scored: list[tuple[str, Sync]] = []
    for path in tqdm(arguments.videos, "watching", mininterval=10):
        scored.append((path.stem, sync(seen_aperture(model.landmarker, path), *heard_sounds(model, path))))
    report = Report("Sync")
    report.add(sync_table(scored))
    finish_report(report, arguments)
