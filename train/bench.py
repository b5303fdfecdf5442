"""CPU time of every step on this machine, one thread: python train/bench.py [--portrait P] [--speech S]."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import torch

from cemnet import pipeline
from cemnet.media import images, sound
from cemnet.media.video_writer import VideoWriter
from cemnet.model import CEMNet
from cemnet.render.renderer import FaceRenderer
from cemnet.speech.mel import num_motion_frames
from cemnet.types import MOTION_FPS, SAMPLE_RATE, Audio, FaceReference, Motion

Result = TypeVar("Result")
SAMPLES = Path(__file__).parent.parent / "samples"


def timed(label: str, work: Callable[[], Result], units: float, unit: str, repeats: int = 3) -> Result:
    """Runs the work, prints the least CPU milliseconds a unit, returns the result."""
    seconds, results = [], []
    for _ in range(repeats):
        start = time.process_time()
        results = [work()]
        seconds.append(time.process_time() - start)
    print(f"{label:34s} {1000 * min(seconds) / units:9.2f} ms a {unit}")
    return results[0]


def time_steps(model: CEMNet, image: torch.Tensor, audio: Audio) -> tuple[FaceReference, Motion]:
    """Prints the time of every step from portrait and speech to frames and video; returns what a film is made of."""
    seconds, count = audio.duration_seconds, num_motion_frames(int(audio.duration_seconds * SAMPLE_RATE))
    face = timed("face reference", lambda: pipeline.face_reference(model, image), 1, "portrait")
    speech = timed("speech encoder and emotion", lambda: pipeline.encode_speech(model, audio), seconds, "second")
    motion = timed("memory and motion decoder", lambda: pipeline.bridge_emotion(model, face, speech), count, "frame")
    renderer = model.renderer
    prepared = timed("renderer: prepare", lambda: renderer.prepare(face), 1, "portrait")
    curves = list(zip(motion.expression.numpy(), motion.head.numpy(), strict=True))

    def render_all(renderer: FaceRenderer) -> list[np.ndarray]:
        return [renderer.frame(prepared, *pair) for pair in curves]

    plain = FaceRenderer(renderer.basis, renderer.mouth)
    frames = timed("renderer: warp, mouth, paste", lambda: render_all(plain), len(curves), "frame")
    if renderer.refiner:
        frames = timed("renderer: with refiner", lambda: render_all(renderer), len(curves), "frame")
    time_encoder(frames, audio)
    return face, motion


def time_encoder(frames: list[np.ndarray], audio: Audio) -> None:
    """Prints the time of encoding the frames with their sound."""
    height, width = frames[0].shape[:2]
    with tempfile.TemporaryDirectory(prefix="cemnet-bench-") as folder:

        def encode() -> None:
            with VideoWriter(Path(folder) / "video.mp4", MOTION_FPS, width, height, audio, overwrite=True) as video:
                for frame in frames:
                    video.write(frame)

        timed("video encoder (H.264, AAC)", encode, len(frames), "frame", repeats=2)


def time_film(model: CEMNet, face: FaceReference, motion: Motion, audio: Audio) -> None:
    """Prints frames a second, and CPU milliseconds a frame, of writing the whole film."""
    with tempfile.TemporaryDirectory(prefix="cemnet-bench-") as folder:
        start, start_cpu = time.perf_counter(), time.process_time()
        pipeline.save_video(model, face, motion, Path(folder) / "whole.mp4", audio)
        wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    frames = motion.num_frames
    print(f"\nMotion to video: {frames / wall:.1f} frames a second, {1000 * cpu / frames:.1f} ms CPU a frame")


def main() -> None:
    """Times every step, then the whole film."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portrait", type=Path, default=SAMPLES / "portrait.png")
    parser.add_argument("--speech", type=Path, default=SAMPLES / "speech.wav")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model = pipeline.load_model(device="cpu")
    image, audio = images.read_image(arguments.portrait), sound.read_audio(arguments.speech)
    height, width = image.shape[:2]
    print(f"Portrait {width}×{height}, speech {audio.duration_seconds:.1f} s, one thread\n")
    face, motion = time_steps(model, image, audio)
    time_film(model, face, motion, audio)


if __name__ == "__main__":
    main()
