"""Offers the pack's samples to Load Image, Load Audio, Load Video and CEM-Net Load Motion."""

import logging
import os
import shutil
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SUFFIXES = (".png", ".jpg", ".wav", ".mp3", ".mp4", ".csv")
PREFIX = "cemnet_"  # the loading nodes list the files of the input folder itself, and no folders inside it


def offer_samples(input_folder: Path) -> None:
    """Copies samples that are missing into ComfyUI's input folder, as cemnet_portrait.png and so on; keeps all others.

    A folder that cannot be written is left alone, with a line in the log: the pack works without samples.
    """
    try:
        input_folder.mkdir(parents=True, exist_ok=True)
        for sample in sorted(SAMPLES.iterdir()):
            place = input_folder / f"{PREFIX}{sample.name}"
            if sample.suffix in SUFFIXES and not os.path.lexists(place):
                shutil.copyfile(sample, place)
    except OSError as error:
        logging.warning("CEM-Net: the samples could not be copied into %s (%s).", input_folder, error.strerror)
