"""Reference portraits that carry strong emotions, for evaluation: rendered heads, and portraits pushed by the renderer.

Every picture is saved and read again, so that it passes detection, fitting and the reader like any photograph.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from ...arkit import EMOTIONS, Emotion
from ...errors import FaceError
from ...inspection.contact_sheet import face_square
from ...media.images import read_image
from ...model import CEMNet
from ...pipeline import face_reference
from ...training.heads.ict_head import HeadModel, sample_identity
from ...training.heads.render_dataset import strong_reference_heads
from ...training.performer.emotion_prototypes import Person
from ...types import FaceReference

RENDERED, PUSHED = "rendered heads", "pushed portraits"
KINDS = (RENDERED, PUSHED)
LARGEST_SIDE = 320  # pixels: the judge sees 64, and small pictures render quickly
SURROUNDINGS = 2.0  # how much of a portrait around the face is kept


@dataclass(frozen=True)
class StrongReference:
    """A portrait in an emotion, and what its person looks like in each of the eight at full strength."""

    kind: str
    person: str
    emotion: Emotion
    face: FaceReference
    apexes: Float[np.ndarray, "emotion expression"]


def rendered_references(
    model: CEMNet, heads: HeadModel, num_persons: int, seed: int, folder: Path
) -> Iterator[StrongReference]:
    """All emotions of rendered people; a picture in which no face is found is left out."""
    for number, emotion, picture in strong_reference_heads(heads, num_persons, seed):
        path = _save(folder / f"head{number}_{emotion}.png", picture)
        yield from _read_back(model, RENDERED, f"head{number}", emotion, path, apexes(head_person(number, seed)))


def head_person(number: int, seed: int) -> Person:
    """The `Person` behind a head of `strong_reference_heads`, drawn again from the same random numbers."""
    rng = np.random.default_rng((seed, number))
    sample_identity(rng)
    return Person.sample(rng)


def pushed_references(model: CEMNet, portraits: Sequence[Path], seed: int, folder: Path) -> Iterator[StrongReference]:
    """All emotions of every portrait, each shown as a person drawn for it would, by the renderer under evaluation."""
    for number, portrait in enumerate(portraits):
        face = face_reference(model, _around_face(face_reference(model, read_image(portrait))))
        prepared = model.renderer.prepare(face)
        shown = apexes(Person.sample(np.random.default_rng((seed, number))))
        for emotion, expression in zip(EMOTIONS, shown, strict=True):
            frame = model.renderer.frame(prepared, expression, np.zeros(3, np.float32))
            path = _save(folder / f"{portrait.stem}_{emotion}.png", (frame[..., :3] * 255).round().astype(np.uint8))
            yield from _read_back(model, PUSHED, portrait.stem, emotion, path, shown)


def apexes(person: Person) -> Float[np.ndarray, "emotion expression"]:
    """The person's expression in each of EMOTIONS at full strength."""
    return np.stack([person.show(emotion, 1.0) for emotion in EMOTIONS])


def _read_back(
    model: CEMNet, kind: str, person: str, emotion: Emotion, path: Path, shown: Float[np.ndarray, "emotion expression"]
) -> Iterator[StrongReference]:
    try:
        yield StrongReference(kind, person, emotion, face_reference(model, read_image(path)), shown)
    except FaceError:
        return


def _around_face(face: FaceReference) -> Float[torch.Tensor, "height width channel"]:
    height, width = face.image.shape[:2]
    left, top, right, bottom = face_square(face, SURROUNDINGS)
    return face.image[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width), :3].contiguous()


def _save(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture)
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    image.save(path)
    return path
