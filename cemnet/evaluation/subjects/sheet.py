"""A picture to look at: every portrait (rows) speaking every voice (columns), three frames each."""

import argparse
from pathlib import Path

import torch
from PIL import Image
from tqdm import tqdm

from ... import pipeline
from ...inspection.contact_sheet import TILE, face_square, tile
from ...inspection.describe import describe_speech
from ...media import images, sound
from ...model import CEMNet
from ...performance_settings import PerformanceSettings
from ...types import FaceReference, Speech

SPOKEN_SHARES = (0.3, 0.5, 0.75)  # where in the spoken part the frames are taken
MARGIN = 1.4  # side of a tile, in sizes of the face


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Portraits, voices and the file to write."""
    parser.add_argument("--portraits", type=Path, nargs="+", required=True)
    parser.add_argument("--speech", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True, metavar="OUT.png")


def run(arguments: argparse.Namespace) -> None:
    """Writes the sheet, and prints which emotion was heard in each voice."""
    model = pipeline.load_model(device="cpu")
    voices = [pipeline.encode_speech(model, sound.read_audio(path)) for path in arguments.speech]
    labels = [max((heard := describe_speech(voice)["emotion"]), key=heard.__getitem__) for voice in voices]
    columns = 1 + len(SPOKEN_SHARES) * len(voices)
    sheet = Image.new("RGB", (columns * TILE, len(arguments.portraits) * TILE))
    for row, path in enumerate(tqdm(arguments.portraits)):
        face = pipeline.face_reference(model, images.read_image(path))
        tiles = [tile(face.image.numpy(), face_square(face, margin=MARGIN), path.stem)]
        for voice, label in zip(voices, labels, strict=True):
            tiles += spoken_tiles(model, face, voice, label)
        for column, picture in enumerate(tiles):
            sheet.paste(picture, (column * TILE, row * TILE))
    sheet.save(arguments.output)
    print(f"Wrote {arguments.output}; the voices were heard as {', '.join(labels)}")


def spoken_tiles(model: CEMNet, face: FaceReference, voice: Speech, label: str) -> list[Image.Image]:
    """The performance early, in the middle and late in the spoken part, cropped to the face."""
    motion = pipeline.bridge_emotion(model, face, voice, PerformanceSettings(blinks=0))
    spoken = torch.nonzero(voice.prosody[:, 3]).flatten()
    prepared = model.renderer.prepare(face)
    box = face_square(face, margin=MARGIN)
    frames = []
    for share in SPOKEN_SHARES:
        index = int(spoken[int(share * (len(spoken) - 1))])
        frame = model.renderer.frame(prepared, *motion.pose(index))
        frames.append(tile(frame, box, f"{label} {index / motion.fps:.1f} s"))
    return frames
