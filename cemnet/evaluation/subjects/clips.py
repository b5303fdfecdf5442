"""A long performance in every emotion: frames, and lips, lids, brows, gaze, head and shoulders under them."""

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from ... import pipeline
from ...arkit import EMOTIONS
from ...errors import CEMNetError
from ...media.images import read_image
from ...media.sound import read_audio
from ...performance_settings import PerformanceSettings
from ...speech.mel import mono_16k
from ...types import SAMPLE_RATE, Audio
from ..motion.clip_sheet import clip_sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A portrait, what it says, and the folder for a picture of each emotion."""
    parser.add_argument("portrait", type=Path)
    parser.add_argument("--speech", type=Path, nargs="+", required=True, help="sounds, spoken one after the other")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the speech that count, and of the idle clips")
    parser.add_argument("--idle", action="store_true", help="also draw clips in which nothing is said")
    parser.add_argument("--output", type=Path, required=True)


def run(arguments: argparse.Namespace) -> None:
    """Writes angry.png and so on, and idle_angry.png where idle clips are asked for."""
    if not arguments.seconds > 0:
        raise CEMNetError(f"A clip has to last more than 0 seconds, not {arguments.seconds:g}.")
    model = pipeline.load_model(device="cpu")
    face = pipeline.face_reference(model, read_image(arguments.portrait))
    voice = torch.cat([mono_16k(read_audio(path)) for path in arguments.speech])
    speech = pipeline.encode_speech(model, Audio(voice[None, : round(arguments.seconds * SAMPLE_RATE)], SAMPLE_RATE))
    arguments.output.mkdir(parents=True, exist_ok=True)
    for seed, emotion in enumerate(tqdm(EMOTIONS)):
        settings = PerformanceSettings(emotion, seed=seed)
        motions = {emotion: pipeline.bridge_emotion(model, face, speech, settings)}
        if arguments.idle:
            motions[f"idle_{emotion}"] = pipeline.idle_motion(model, face, arguments.seconds, settings)
        for name, motion in motions.items():
            clip_sheet(model, face, motion, name.replace("_", ", ")).save(arguments.output / f"{name}.png")
    print(f"Wrote {arguments.output}")
