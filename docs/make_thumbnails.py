"""Makes the moving pictures of the templates out of what they made: `make workflows` runs it last.

    python docs/make_thumbnails.py FOLDER     # ComfyUI's output folder, in which every template ran

ComfyUI's page shows a pack's templates with pictures whose names end in .jpg and nothing else. What they hold is theirs
to choose: browsers look at the content, and play an animated WebP.
"""

import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from cemnet.arkit import ARKIT_INDEX
from cemnet.media.sound import read_audio
from cemnet.media.video_reader import video_frames
from cemnet.motion.live_link import read_motion_csv

REPOSITORY = Path(__file__).parents[1]
SAMPLES, TEMPLATES = REPOSITORY / "samples", REPOSITORY / "example_workflows"
SIDE, FPS, SECONDS, QUALITY = 288, 8, 3.4, 55
NUM_FRAMES = round(FPS * SECONDS)
PAPER, INK = (24, 25, 29), (235, 235, 238)
EMOTION_COLOURS = {"voice": (214, 82, 70), "happy": (238, 190, 68), "sad": (86, 132, 214)}
TURNS = ((0.0, "voice"), (1.2, "happy"), (2.4, "sad"))  # of the template's timeline
CURVES = {
    "jawOpen": (238, 190, 68),
    "mouthSmileLeft": (96, 190, 120),
    "browDownLeft": (214, 82, 70),
    "eyeBlinkLeft": (86, 132, 214),
}
HEAD = (0.16, 0.0, 0.66, 0.5)  # of the bundled portrait: left, top, right, bottom, as shares of the sides

Frames = list[Image.Image]
Drawn = Callable[[int, tuple[int, int]], Image.Image]  # the number of a frame, and a size


class Made:
    """What the templates made, as small pictures that move."""

    def __init__(self, folder: Path):
        self.folder = folder

    def film(self, name: str, box: tuple[float, float, float, float] | None = None) -> Drawn:
        """The newest film of a name, or a part of its pictures."""
        path = sorted(self.folder.rglob(f"{name}_*.mp4"))[-1]
        return moving(film_frames(path), box)


def moving(frames: Frames, box: tuple[float, float, float, float] | None = None) -> Drawn:
    """Frames that fill the size that they get."""

    def drawn(index: int, size: tuple[int, int]) -> Image.Image:
        frame = frames[min(index, len(frames) - 1)]
        if box is not None:
            width, height = frame.size
            frame = frame.crop(
                (round(box[0] * width), round(box[1] * height), round(box[2] * width), round(box[3] * height))
            )
        return ImageOps.fit(frame, size, Image.Resampling.LANCZOS)

    return drawn


def still(path: Path, box: tuple[float, float, float, float] | None = None) -> Drawn:
    return moving([Image.open(path).convert("RGB")], box)


def wave(begin: float = 0.0, end: float = 1.0) -> Drawn:
    """The bundled voice, of which a share is loud; what has been spoken is brighter."""
    audio = read_audio(SAMPLES / "speech.wav")
    loud = np.abs(audio.waveform[0].numpy())

    def drawn(index: int, size: tuple[int, int]) -> Image.Image:
        width, height = size
        picture = Image.new("RGB", size, PAPER)
        draw = ImageDraw.Draw(picture)
        peaks = [part.max() for part in np.array_split(loud[: round(SECONDS * audio.sample_rate)], width // 3)]
        for column, peak in enumerate(peaks):
            share = column / len(peaks)
            tall = max(1.0, (peak if begin <= share < end else 0.0) / loud.max() * (height / 2 - 4))
            spoken = share <= index / NUM_FRAMES
            draw.line(
                (column * 3 + 1, height / 2 - tall, column * 3 + 1, height / 2 + tall), INK if spoken else (96, 98, 106)
            )
        return picture

    return drawn


def curves(path: Path) -> Drawn:
    """Some curves of a motion file, up to the moment that is shown."""
    motion = read_motion_csv(path)
    times = np.linspace(0, min(motion.duration_seconds, SECONDS) * motion.fps - 1, 120).astype(int)

    def drawn(index: int, size: tuple[int, int]) -> Image.Image:
        width, height = size
        picture = Image.new("RGB", size, PAPER)
        draw = ImageDraw.Draw(picture)
        now = max(2, round((index + 1) / NUM_FRAMES * len(times)))
        for row, (name, colour) in enumerate(CURVES.items()):
            values = motion.expression[times, ARKIT_INDEX[name]].numpy()
            values = values / max(float(values.max()), 0.1)
            tall = height / len(CURVES)
            at = [
                (place * width / len(times), (row + 0.9 - 0.8 * value) * tall)
                for place, value in enumerate(values[:now])
            ]
            draw.line(at, colour, 2)
        cursor = (now - 1) * width / len(times)
        draw.line((cursor, 0, cursor, height), (96, 98, 106))
        return picture

    return drawn


def timeline(index: int, size: tuple[int, int]) -> Image.Image:
    """The turns of the template's timeline in colours, and where the film is."""
    width, height = size
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    for number, (begin, name) in enumerate(TURNS):
        end = TURNS[number + 1][0] if number + 1 < len(TURNS) else SECONDS
        draw.rectangle((begin / SECONDS * width, 4, end / SECONDS * width - 2, height - 5), EMOTION_COLOURS[name])
    now = (index + 0.5) / NUM_FRAMES * width
    draw.rectangle((now - 2, 0, now + 2, height), INK)
    return picture


def arranged(places: list[tuple[Drawn, tuple[float, float, float, float]]]) -> Frames:
    """Pictures in their places: left, top, right and bottom as shares of the sides."""
    frames = []
    for index in range(NUM_FRAMES):
        frame = Image.new("RGB", (SIDE, SIDE), PAPER)
        for drawn, (left, top, right, bottom) in places:
            corner = (round(left * SIDE), round(top * SIDE))
            size = (round(right * SIDE) - corner[0], round(bottom * SIDE) - corner[1])
            frame.paste(drawn(index, size), corner)
        frames.append(frame)
    return frames


def thumbnails(made: Made) -> dict[str, Frames]:
    """What each template is about, by its title."""
    portrait, csv = still(SAMPLES / "portrait.png", HEAD), sorted(made.folder.rglob("motion_*.csv"))[-1]
    top, bottom, whole = (0, 0, 1, 0.495), (0, 0.505, 1, 1), (0, 0, 1, 1)
    left, right = (0, 0, 0.495, 1), (0.505, 0, 1, 1)
    quarters = [(x, y, x + 0.495, y + 0.495) for y in (0, 0.505) for x in (0, 0.505)]
    talking = made.film("talking", HEAD)
    return {
        "1 Talking portrait": arranged([(talking, (0, 0, 1, 0.8)), (wave(), (0, 0.8, 1, 1))]),
        "2 Talking portrait step by step": arranged(
            list(zip((portrait, wave(), curves(csv), talking), quarters, strict=True))
        ),
        "3 Emotion mix": arranged([(made.film("overruled", HEAD), left), (made.film("mixed", HEAD), right)]),
        "4 Emotion timeline": arranged([(made.film("timeline", HEAD), (0, 0, 1, 0.88)), (timeline, (0, 0.88, 1, 1))]),
        "5 Two speakers": arranged(
            [
                (made.film("two_speakers"), (0, 0, 1, 0.76)),
                (wave(0, 0.5), (0, 0.76, 0.495, 1)),
                (wave(0.5, 1), (0.505, 0.76, 1, 1)),
            ]
        ),
        "6 Dub a film": arranged([(moving(film_frames(SAMPLES / "film.mp4")), top), (made.film("dubbed"), bottom)]),
        "7 Wide picture": arranged([(made.film("widescreen"), (0, 0.22, 1, 0.78))]),
        "8 Save a motion": arranged([(made.film("edited", HEAD), (0, 0, 0.6, 0.6)), (curves(csv), (0, 0.62, 1, 1))]),
        "9 Load a motion": arranged(
            [(curves(SAMPLES / "motion.csv"), (0, 0, 1, 0.38)), (made.film("from_file", HEAD), (0.4, 0.4, 1, 1))]
        ),
        "10 Several portraits": arranged(portraits(made)),
        "11 Idle face": arranged([(made.film("idle", HEAD), whole)]),
    }


def film_frames(path: Path) -> Frames:
    return [Image.fromarray(frame) for frame in islice(video_frames(path, FPS), NUM_FRAMES)]


def portraits(made: Made) -> list[tuple[Drawn, tuple[float, float, float, float]]]:
    """The two films of the batch beside each other, above their voice."""
    films = [moving(film_frames(path)) for path in sorted(made.folder.rglob("portraits_*.mp4"))[-2:]]
    return [(films[0], (0, 0, 0.495, 0.78)), (films[1], (0.505, 0, 1, 0.78)), (wave(), (0, 0.8, 1, 1))]


def main() -> None:
    for title, frames in thumbnails(Made(Path(sys.argv[1]))).items():
        frames[0].save(
            TEMPLATES / f"{title}.jpg",
            format="WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=round(1000 / FPS),
            loop=0,
            quality=QUALITY,
            method=6,
        )


if __name__ == "__main__":
    main()
