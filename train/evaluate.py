"""Measures what the model does, on inputs it was not tuned on: python train/evaluate.py SUBJECT [options].

speech    emotion accuracy by speakers held out of training (five RAVDESS folds; Emo-DB leave-one-speaker-out)
manner    how much of a voice's manner z holds on unheard speakers (R2), and the constants that standardise it
content   emotion that a fresh linear probe still reads from the content of unheard speakers
lips      aperture at /p b m/ against elsewhere, for every emotion, on prepared clips
cross     the trainer's losses on held-out voices, of one or several weights (cross-reconstruction with and without)
matrix    strong portraits × voices of unheard speakers in all systems, as a judge from outside sees them
memory    slots in use, which memories speak for which emotions, retrieval error on unseen people
faces     action units of real, unseen people in an emotion, from their faces in other emotions
robustness  emotion heard by unheard speakers in noise, over the telephone, after mp3, at other levels
calibration  how far beliefs about voices can be trusted, and whether an unsure voice shows little
motion    blinks, head, mouth with loudness, upper face with stress, lips
captured  correlation, lag and speed of mouth curves beside captured ones of the same speech
idle      blinks, saccades, brows, tremor and sides of idle life beside captured faces, as a table and bars
heads     how far and fast heads turn by emotion, filmed and ours, and nods with the stress of the voice
clips     pictures to look at: a long performance in every emotion, frames with curves under them
sync      lips and sound of any talking videos: closure at /p b m/, lag, aperture against loudness
timeline  voices that turn from one emotion to another: when the face turns, and whether it flickers
identity  PSNR of portraits rendered with their own expression, and whether a face recogniser knows them in others
refiner   PSNR, SSIM and gradients of warped, composed and refined frames of held-out rendered heads
portraits  emotions read in films of faces, and the fitted curves drawn on the first frame of each
videos    anybody's videos of the cross-emotion benchmark: emotions, lips, identity, distance from a truth
sheet     a picture to look at: every portrait (rows) speaking every voice (columns), three frames each

Each subject is a module of cemnet/evaluation/subjects/, imported when it is asked for.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from cemnet.errors import CEMNetError
from cemnet.evaluation.subjects import SUBJECTS


def main(words: Sequence[str]) -> None:
    """Parses the command line and runs the subject that it names first; an error of a user ends it in a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subjects = parser.add_subparsers(dest="subject", required=True)
    for name, summary in SUBJECTS.items():
        subject_parser = subjects.add_parser(name, help=summary)
        if name in words[:1]:
            subject = importlib.import_module(f"cemnet.evaluation.subjects.{name}")
            subject.add_arguments(subject_parser)
            subject_parser.set_defaults(run=subject.run)
    arguments = parser.parse_args(words)

    import torch  # here, so that --help need not wait for it

    torch.set_num_threads(1)
    try:
        arguments.run(arguments)
    except CEMNetError as error:
        raise SystemExit(f"Error: {error}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
