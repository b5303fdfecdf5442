"""How much memory a minute and (nearly) an hour of sound take, step by step, each in a process of its own (Linux).

    python tests/long_sound.py [--minutes 1 59.5] [--rate 44100] [--channels 2] [--most-megabytes 300]

The exit status is 1 where the peak of the longest is more than so many megabytes over that of the shortest.
"""

import argparse
import resource
from pathlib import Path

import av
import numpy as np
import torch
from memory_steps import compare_lengths, step_teller
from paths import SAMPLES

from cemnet import pipeline
from cemnet.media.images import read_image
from cemnet.media.sound import read_audio


def write_speech(path: Path, minutes: float, rate: int, channels: int) -> None:
    """The sample's speech again and again, louder and softer, as FLAC."""
    voice = read_audio(SAMPLES / "speech.wav")
    once = np.interp(
        np.arange(0, voice.duration_seconds, 1 / rate),
        np.arange(voice.waveform.shape[1]) / voice.sample_rate,
        voice.waveform[0].numpy(),
    )
    with av.open(str(path), "w") as container:
        layout = {1: "mono", 2: "stereo"}[channels]
        stream = container.add_stream("flac", rate=rate, layout=layout)
        for index in range(max(1, round(minutes * 60 * rate / len(once)))):
            samples = (once * (0.5 + 0.4 * np.sin(index)) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(np.repeat(samples, channels)[None], "s16", layout)
            frame.sample_rate = rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def hear(path: Path) -> None:
    """Prints the memory after each step from the file to the curves, and the most during it."""
    torch.set_num_threads(1)
    model = pipeline.load_model(device="cpu")
    face = pipeline.face_reference(model, read_image(SAMPLES / "portrait.png"))
    told = step_teller()
    told("loaded")
    audio = read_audio(path)
    told("read")
    speech = pipeline.encode_speech(model, audio)
    told("heard")
    motion = pipeline.bridge_emotion(model, face, speech)
    told("bridged")
    print(f"{motion.num_frames} frames; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6:.0f} MB")


def main() -> None:
    """Hears each length in a process of its own, and compares their peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 59.5])
    parser.add_argument("--rate", type=int, default=44_100)
    parser.add_argument("--channels", type=int, choices=(1, 2), default=2)
    parser.add_argument("--most-megabytes", type=float, default=300.0)
    parser.add_argument("--hear", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hear:
        hear(options.hear)
        return
    compare_lengths(
        __file__,
        "--hear",
        options.minutes,
        "speech.flac",
        lambda path, minutes: write_speech(path, minutes, options.rate, options.channels),
        options.most_megabytes,
    )


if __name__ == "__main__":
    main()
