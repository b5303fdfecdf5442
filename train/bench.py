"""CPU time of every step on this machine, one thread: python train/bench.py [--portrait P] [--speech S].

With --threads, how fast frames are rendered by the library's rule (see `cemnet.threads`) and without it, while the
machine does nothing else, and while so many --busy processes calculate too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

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
TIMED_FRAMES = 40
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
    curves = [motion.pose(index) for index in range(motion.num_frames)]

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


def time_threads(model: CEMNet, image: torch.Tensor, audio: Audio, busy: int) -> None:
    """Prints wall and CPU time of rendering, with one thread and with all of torch's, beside so many busy processes."""
    face = pipeline.face_reference(model, image)
    motion = pipeline.bridge_emotion(model, face, pipeline.encode_speech(model, audio))
    num_frames, all_threads = min(TIMED_FRAMES, motion.num_frames), os.cpu_count() or 1
    others = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(99_999))"]) for _ in range(busy)]
    try:
        torch.set_num_threads(all_threads)
        for name, rule in (
            ("one thread (the rule)", nullcontext()),
            (f"torch's {all_threads} threads", without_rule()),
        ):
            with rule:
                start, start_cpu = time.perf_counter(), time.process_time()
                for _ in islice(pipeline.render_frames(model, face, motion), num_frames):
                    pass
                wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
            print(
                f"{busy} busy processes, {name:22s} {1000 * wall / num_frames:7.1f} ms a frame, "
                f"{1000 * cpu / num_frames:7.1f} ms CPU a frame"
            )
    finally:
        for process in others:
            process.kill()
            process.wait()


def without_rule() -> AbstractContextManager[object]:
    """Inside this context nothing sets torch's number of threads."""
    return patch("torch.set_num_threads", lambda number: None)


def main() -> None:
    """Times every step, then the whole film; or with --threads, rendering alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portrait", type=Path, default=SAMPLES / "portrait.png")
    parser.add_argument("--speech", type=Path, default=SAMPLES / "speech.wav")
    parser.add_argument("--threads", action="store_true", help="compare numbers of threads instead")
    parser.add_argument("--busy", type=int, nargs="+", default=[0, os.cpu_count() or 1], help="with --threads")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model = pipeline.load_model(device="cpu")
    image, audio = images.read_image(arguments.portrait), sound.read_audio(arguments.speech)
    if arguments.threads:
        for busy in arguments.busy:
            time_threads(model, image, audio, busy)
        return
    height, width = image.shape[:2]
    print(f"Portrait {width}×{height}, speech {audio.duration_seconds:.1f} s, one thread\n")
    face, motion = time_steps(model, image, audio)
    time_film(model, face, motion, audio)


if __name__ == "__main__":
    main()
