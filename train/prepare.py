"""Turns a corpus into prepared clips: 16 kHz sound, phonemes with times, labels, and curves where faces were filmed.

    python train/prepare.py ravdess --input RAVDESS --output clips/ravdess
    python train/prepare.py mead --input MEAD --output clips/mead --video --landmarker face_landmarker.task
    python train/prepare.py synthetic --output clips/synthetic --count 600

Sources: ravdess, emodb, nemo, crema-d, mead, facegood (layouts in cemnet/training/corpora/readers.py), and synthetic,
which needs no input. Clips that exist already are kept, so that an interrupted run goes on where it stopped.
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from cemnet.checkpoint import find_weights
from cemnet.face.basis import FaceBasis
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.training.corpora.clips import save_clip
from cemnet.training.corpora.preparation import prepare_corpus
from cemnet.training.corpora.readers import CORPORA
from cemnet.training.corpora.synthetic_clips import synthetic_clips


def main() -> None:
    """Reads the command line and writes the clips."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=[*CORPORA, "synthetic"])
    parser.add_argument("--input", type=Path, help="the corpus' folder")
    parser.add_argument("--output", type=Path, required=True, help="where the clips go")
    parser.add_argument("--video", action="store_true", help="track the filmed faces as well")
    parser.add_argument("--landmarker", type=Path, help="face_landmarker.task, for --video")
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
    tracker = None
    if arguments.video:
        landmarker = FaceLandmarker(find_face_landmarker(arguments.landmarker))
        tracker = landmarker, FaceBasis.load(find_weights("face_basis.safetensors"))
    num_clips, failures = prepare_corpus(arguments.source, arguments.input, arguments.output, tracker)
    print("\n".join([f"{num_clips} clips in {arguments.output}", *failures]))


if __name__ == "__main__":
    main()
