"""Emotions read in filmed faces, and their fitted curves drawn on the first frame of each film."""

import argparse
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from ... import pipeline
from ...emotion.portrait_emotion import ReferenceEmotionReader
from ..picture.filmed_portraits import confusion_table, films_in, fit_sheet, read_film, readings_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The films, which of their frames are read, and the sheet to write."""
    parser.add_argument("--films", type=Path, required=True, metavar="FOLDER", help="M030_front_angry_level3_001.mp4 …")
    parser.add_argument("--every", type=int, default=12, help="read one frame in so many, from the first on")
    parser.add_argument("--reader", type=Path, metavar="FILE", help="default: the released reference_emotion")
    parser.add_argument("--output", type=Path, metavar="OUT.png", help="a sheet of frames and redrawn first frames")


def run(arguments: argparse.Namespace) -> None:
    """Prints what is read in each film and how many are right; writes the sheet where a file is given."""
    model = pipeline.load_model(device="cpu")
    if arguments.reader is not None:
        model = replace(model, emotion_reader=ReferenceEmotionReader.load(arguments.reader))
    films = tqdm(films_in(arguments.films), "reading films", mininterval=10)
    readings = [read_film(model, path, arguments.every) for path in films]
    print(f"{confusion_table(readings).text()}\n\n{readings_table(readings).text()}")
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        fit_sheet(model, readings).save(arguments.output)
        print(f"Wrote {arguments.output}")
