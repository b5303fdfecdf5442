"""Makes many short animations in one process, and shows how much memory the process has meanwhile.

    python tests/soak.py [--animations 200] [--warm-up 20] [--most-megabytes 20] [--figure docs/soak.png]

The exit status is 1 where the memory grew by more than so many megabytes after the warm-up. Each animation reads its
files again, as a server does that is asked again and again; every tenth one dubs a film.
"""

import argparse
import gc
import resource
import tempfile
from pathlib import Path

import torch
from paths import SAMPLES
from PIL import Image

from cemnet import film_dubbing, pipeline
from cemnet.media.images import read_image
from cemnet.media.sound import read_audio
from cemnet.model import CEMNet
from cemnet.types import Audio

PICTURE_SIZE, SPEECH_SECONDS, SHOWN_EVERY = 384, 0.6, 10


def megabytes() -> float:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def animate(model: CEMNet, portrait: Path, number: int, folder: Path) -> None:
    """Makes one animation, with settings that no other has, and removes it."""
    output, voice = folder / f"{number}.mp4", read_audio(SAMPLES / "speech.wav")
    start = number * 1000 % (voice.waveform.shape[1] // 2)
    part = voice.waveform[:, start : start + round(SPEECH_SECONDS * voice.sample_rate)]
    settings = pipeline.PerformanceSettings(seed=number, fps=12.5)
    audio = Audio(part, voice.sample_rate)
    if number % 10 == 9:
        film_dubbing.dub(model, SAMPLES / "film.mp4", output, audio, settings=settings)
    else:
        pipeline.animate(model, read_image(portrait), audio, output, settings=settings)
    output.unlink()


def draw(curve: dict[int, float], warm_up: int, most: float, path: Path) -> None:
    """The memory after each SHOWN_EVERY animations as a figure, with the limit."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(list(curve), list(curve.values()), marker=".", color="#3060a0")
    axes.axhline(curve[warm_up] + most, color="#b04030", linestyle="--", label=f"{most:g} MB over the warm-up")
    axes.set(xlabel="animations", ylabel="memory, MB", xlim=(0, None), ylim=(0, None))
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Prints a line for each SHOWN_EVERY animations: their number, the memory, and its growth since the warm-up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--animations", type=int, default=200)
    parser.add_argument("--warm-up", type=int, default=20, help="animations after which the memory should not grow")
    parser.add_argument("--most-megabytes", type=float, default=20.0, help="growth after the warm-up")
    parser.add_argument("--figure", type=Path, help="a picture of the memory over the animations")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, warm = pipeline.load_model(device="cpu"), 0.0
    curve: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        portrait = Path(folder) / "portrait.png"
        Image.open(SAMPLES / "portrait.png").resize((PICTURE_SIZE, PICTURE_SIZE)).save(portrait)
        for number in range(options.animations):
            animate(model, portrait, number, Path(folder))
            if number + 1 == options.warm_up:
                gc.collect()
                warm = megabytes()
            if (number + 1) % SHOWN_EVERY == 0:
                grown = f"{megabytes() - warm:+7.1f}" if warm else ""
                curve[number + 1] = megabytes()
                print(f"{number + 1:5} animations  {curve[number + 1]:7.1f} MB {grown}", flush=True)
                if options.figure and warm:
                    draw(curve, options.warm_up, options.most_megabytes, options.figure)
    raise SystemExit(bool(megabytes() - warm > options.most_megabytes))


if __name__ == "__main__":
    main()
