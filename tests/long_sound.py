"""How much memory a minute and (nearly) an hour of sound take, step by step, each in a process of its own (Linux).

    python tests/long_sound.py [--minutes 1 59.5] [--rate 44100] [--channels 2] [--most-megabytes 300]

The exit status is 1 where the peak of the longest is more than so many megabytes over that of the shortest.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import torch
from paths import SAMPLES

from cemnet import pipeline
from cemnet.media.images import read_image
from cemnet.media.sound import read_audio

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def megabytes(field: str) -> float:
    """A field of /proc/self/status in MB: VmHWM is the most so far, VmRSS now, RssAnon what is of no file."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


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
    start = time.monotonic()

    def told(step: str) -> None:
        print(
            f"{step:12} now {megabytes('VmRSS'):7.0f} MB, of no file {megabytes('RssAnon'):7.0f} MB, "
            f"most during it {megabytes('VmHWM'):7.0f} MB, {time.monotonic() - start:6.1f} s",
            flush=True,
        )
        CLEAR.write_text("5")  # the next peak is counted from here

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
    peaks = []
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.flac"
            write_speech(path, minutes, options.rate, options.channels)
            command = [sys.executable, __file__, "--hear", str(path)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        print(f"{minutes:g} min\n{told}", flush=True)
        peaks.append(max(float(line.split("most during it")[1].split()[0]) for line in told.splitlines()[:-1]))
    print(f"{options.minutes[-1]:g} min take {peaks[-1] - peaks[0]:+.0f} MB more than {options.minutes[0]:g} min")
    raise SystemExit(peaks[-1] - peaks[0] > options.most_megabytes)


if __name__ == "__main__":
    main()
