"""Emotions read in frames of films whose names say what is shown, and the fitted curves drawn on the first frame."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ... import pipeline
from ...arkit import EMOTIONS, Emotion
from ...errors import MediaError
from ...inspection.contact_sheet import TILE, face_square, tile
from ...media.pixels import from_uint8
from ...media.video_reader import FILM_SUFFIXES, video_fps, video_frames
from ...model import CEMNet
from ...types import FaceReference
from ..report.report import Table

# MEAD's words (Wang et al., ECCV 2020) where they are not ours.
MEAD_EMOTIONS: dict[str, Emotion] = {"disgusted": "disgust", "surprised": "surprise"}
STILL = np.zeros(3, np.float32)
MARGIN = 1.4  # side of a tile, in sizes of the face


@dataclass(frozen=True)
class FilmReading:
    """What is read in some frames of a film that shows one emotion."""

    name: str
    person: str
    shown: Emotion
    faces: tuple[FaceReference, ...]  # one for each frame that was read

    @property
    def votes(self) -> Counter[Emotion]:
        """How many frames are read as each emotion."""
        return Counter(EMOTIONS[int(face.emotion.probabilities.argmax())] for face in self.faces)

    @property
    def read(self) -> Emotion:
        """The emotion of most frames; of several, the one that is believed more over all frames."""
        votes, belief = self.votes, np.sum([face.emotion.probabilities for face in self.faces], 0)
        return max(votes, key=lambda emotion: (votes[emotion], belief[EMOTIONS.index(emotion)]))


def shown_emotion(path: Path) -> tuple[str, Emotion]:
    """Person and emotion by a film's name, PERSON_VIEW_EMOTION_LEVEL_NUMBER; MediaError for another name."""
    words = path.stem.split("_")
    emotion = MEAD_EMOTIONS.get(words[2], words[2]) if len(words) == 5 else ""
    if emotion not in EMOTIONS:
        raise MediaError(
            f"{path.name} does not say what it shows. Name it PERSON_VIEW_EMOTION_LEVEL_NUMBER, such as "
            f"M030_front_angry_level3_001.mp4, with one of {', '.join(EMOTIONS)}."
        )
    return words[0], emotion


def films_in(folder: Path) -> list[Path]:
    """The films of a folder by name; MediaError where there are none."""
    films = sorted(path for path in folder.glob("*") if path.suffix.lower() in FILM_SUFFIXES)
    if not films:
        raise MediaError(f"{folder} has no films. Give a folder of files that end in {', '.join(FILM_SUFFIXES)}.")
    return films


def read_film(model: CEMNet, path: Path, every: int) -> FilmReading:
    """Reads the largest face in one frame in `every`, each frame as a portrait of its own.

    MediaError for a name that does not say what is shown, FaceError where a frame has no face.
    """
    person, shown = shown_emotion(path)
    frames = [frame for number, frame in enumerate(video_frames(path, video_fps(path))) if number % every == 0]
    faces = tuple(pipeline.face_reference(model, from_uint8(frame)) for frame in frames)
    return FilmReading(path.stem, person, shown, faces)


def readings_table(readings: Sequence[FilmReading]) -> Table:
    """A row for each film: what it shows, what most frames are read as, and all votes."""
    rows = [
        (
            each.name, each.shown, each.read, "yes" if each.read == each.shown else "no",
            ", ".join(f"{emotion} {count}" for emotion, count in each.votes.most_common()),
        )
        for each in readings
    ]  # fmt: skip
    right = sum(each.read == each.shown for each in readings)
    frames = [face_emotion == each.shown for each in readings for face_emotion in each.votes.elements()]
    note = (
        f"{right} of {len(readings)} films are read right, and {100 * np.mean(frames):.0f} % of {len(frames)} frames."
    )
    return Table("Filmed portraits", ("film", "shown", "read", "right", "frames"), rows, note)


def confusion_table(readings: Sequence[FilmReading]) -> Table:
    """Mean probabilities over the frames of the films that show an emotion (rows)."""
    rows = []
    for emotion in EMOTIONS:
        faces = [face for each in readings if each.shown == emotion for face in each.faces]
        if faces:
            mean = np.mean([face.emotion.probabilities for face in faces], 0)
            rows.append((emotion, *(f"{value:.2f}" for value in mean)))
    return Table("Belief of the frames", ("shown", *EMOTIONS), rows)


def fit_sheet(model: CEMNet, readings: Iterable[FilmReading], columns: int = 6) -> Image.Image:
    """Two rows for each film: some of its frames, and its first frame redrawn with the curves fitted to each.

    The first picture of a second row is the first frame with its own curves, and thereby the frame itself.
    """
    rows = [row for reading in readings for row in film_rows(model, reading, columns)]
    sheet = Image.new("RGB", (columns * TILE, len(rows) * TILE))
    for row, tiles in enumerate(rows):
        for column, picture in enumerate(tiles):
            sheet.paste(picture, (column * TILE, row * TILE))
    return sheet


def film_rows(model: CEMNet, reading: FilmReading, columns: int) -> tuple[list[Image.Image], list[Image.Image]]:
    """The frames of one film, labelled with what is read, and the same redrawn from its first frame."""
    first = reading.faces[0]
    prepared, box = model.renderer.prepare(first), face_square(first, margin=MARGIN)
    filmed, redrawn = [], []
    for index in np.linspace(0, len(reading.faces) - 1, columns).round().astype(int):
        face = reading.faces[index]
        believed = face.emotion.probabilities
        says = f"{EMOTIONS[int(believed.argmax())]} {believed.max():.2f}"
        filmed.append(tile(face.image.numpy(), face_square(face, margin=MARGIN), f"{reading.name[:14]} {says}"))
        redrawn.append(tile(model.renderer.frame(prepared, face.expression, STILL), box, "redrawn"))
    return filmed, redrawn
