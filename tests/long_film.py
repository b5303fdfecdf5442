"""How much memory dubbing a short and a long film takes, step by step, each in a process of its own (Linux).

    python tests/long_film.py [--minutes 1 20] [--fps 5] [--width 192] [--most-megabytes 300]

The exit status is 1 where the peak of the longest is more than so many megabytes over that of the shortest.
"""

import argparse
from pathlib import Path

import torch
from memory_steps import compare_lengths, step_teller
from paths import SAMPLES

from cemnet import film_dubbing, pipeline
from cemnet.media.sound import read_audio
from cemnet.media.video_reader import video_frames
from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio


def write_film(path: Path, minutes: float, fps: float, width: int) -> None:
    """The sample's film and speech again and again."""
    voice = read_audio(SAMPLES / "speech.wav")
    num_samples = round(minutes * 60 * voice.sample_rate)
    repeats = -(-num_samples // voice.waveform.shape[1])
    audio = Audio(voice.waveform.repeat(1, repeats)[:, :num_samples], voice.sample_rate)
    pictures = list(video_frames(SAMPLES / "film.mp4", fps, (width, width)))
    with VideoWriter(path, fps, width, width, audio) as writer:
        for index in range(round(minutes * 60 * fps)):
            writer.write(pictures[index % len(pictures)])


def dub(path: Path) -> None:
    """Prints the memory after each step of dubbing a film, and the most during it."""
    torch.set_num_threads(1)
    model = pipeline.load_model(device="cpu")
    told = step_teller()
    told("loaded")
    audio = read_audio(path)
    told("read")
    track = film_dubbing.track_video(model, path)
    told("tracked")
    _, motion = film_dubbing.dub_motion(model, track, audio)
    told("performed")
    film_dubbing.save_dubbed_video(model, path, track, motion, path.with_name("dubbed.mp4"), audio)
    told(f"{motion.num_frames} frames")


def main() -> None:
    """Dubs each length in a process of its own, and compares their peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 20.0])
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--width", type=int, default=192, help="of the film, in pixels")
    parser.add_argument("--most-megabytes", type=float, default=300.0)
    parser.add_argument("--dub", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.dub:
        dub(options.dub)
        return
    compare_lengths(
        __file__,
        "--dub",
        options.minutes,
        "film.mp4",
        lambda path, minutes: write_film(path, minutes, options.fps, options.width),
        options.most_megabytes,
    )


if __name__ == "__main__":
    main()
