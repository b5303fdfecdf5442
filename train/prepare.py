"""Turns a corpus into prepared clips: 16 kHz sound, phonemes with times, labels, and curves where faces were filmed.

    python train/prepare.py ravdess --input RAVDESS --output clips/ravdess
    python train/prepare.py mead --input MEAD --output clips/mead --video --landmarker face_landmarker.task --workers 8
    python train/prepare.py synthetic --output clips/synthetic --count 600

Sources: ravdess, emodb, nemo, crema-d, mead, facegood (layouts in cemnet/training/corpora/readers.py), and synthetic,
which needs no input. Clips that exist already are kept, so that an interrupted run goes on where it stopped, and
--video completes clips that were made without it. preparation.csv in the output tells what became of each recording;
with --video, tracking.png shows some of the tracked faces: look at it.
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from cemnet.errors import CEMNetError
from cemnet.training.corpora.clips import save_clip
from cemnet.training.corpora.preparation import Part, prepare_corpus
from cemnet.training.corpora.readers import CORPORA
from cemnet.training.corpora.synthetic_clips import synthetic_clips
from cemnet.training.corpora.tracking_sheet import tracking_sheet


def at_least_one(text: str) -> int:
    """A whole number from 1 on; ValueError for anything else."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main() -> None:
    """Reads the command line and writes the clips."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=[*CORPORA, "synthetic"])
    parser.add_argument("--input", type=Path, help="the corpus' folder")
    parser.add_argument("--output", type=Path, required=True, help="where the clips go")
    parser.add_argument("--video", action="store_true", help="track the filmed faces as well")
    parser.add_argument("--landmarker", type=Path, help="face_landmarker.task, for --video")
    parser.add_argument("--workers", type=at_least_one, default=1, help="processes that share the work (1)")
    parser.add_argument("--part", type=Part.parse, default=Part(), help="of the work of several machines: 2/8")
    parser.add_argument("--count", type=int, default=600, help="of synthetic clips")
    parser.add_argument("--seed", type=int, default=0, help="of synthetic clips")
    arguments = parser.parse_args()

    if arguments.source == "synthetic":
        arguments.output.mkdir(parents=True, exist_ok=True)
        for clip in tqdm(synthetic_clips(arguments.count, arguments.seed), total=arguments.count, mininterval=5):
            save_clip(arguments.output, clip)
        return
    if arguments.input is None:
        parser.error(f"{arguments.source} needs --input")
    places = arguments.source, arguments.input, arguments.output
    try:
        report = prepare_corpus(
            *places,
            arguments.video,
            arguments.landmarker,
            arguments.workers,
            arguments.part,
        )
        print(report.text())
        sheet = tracking_sheet(*places, arguments.landmarker) if arguments.video else None
    except CEMNetError as error:
        raise SystemExit(f"Error: {error}") from None
    if sheet is not None:
        sheet.save(arguments.output / "tracking.png")
        print(f"Look at {arguments.output / 'tracking.png'}.")


if __name__ == "__main__":
    main()
