"""Similarity of rendered faces to their portrait by a face recogniser, beside the similarity of other people."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from ... import pipeline
from ...arkit import EMOTIONS, Emotion
from ...media.pixels import to_uint8
from ...model import CEMNet
from ...training.performer.emotion_prototypes import Person
from ...types import FaceLandmarks, FaceReference, Speech
from ..report.report import Table
from .face_recogniser import SAME_PERSON

SHOWN: tuple[Emotion, ...] = tuple(emotion for emotion in EMOTIONS if emotion not in ("neutral", "contempt"))
SPEECH_FRAMES = 8
MIRRORED, OTHERS = "portrait, mirrored", "other people"
STILL = np.zeros(3, np.float32)
Picture = Float[np.ndarray, "height width channel"]
Embedding = Float[np.ndarray, "feature"]


@runtime_checkable
class Recogniser(Protocol):
    """Turns faces into vectors that are near each other for one person, as a `FaceRecogniser` does."""

    def embedding(self, image: Picture, face: FaceLandmarks, /) -> Embedding:
        """The vector of one face in a picture (0 to 1)."""
        ...


def similarity_table(
    model: CEMNet, portraits: Mapping[str, FaceReference], voice: Speech, recogniser: Recogniser
) -> Table:
    """Cosine similarity and distance between portraits and their frames, and between different portraits."""
    pairs: dict[str, list[tuple[Embedding, Embedding]]] = {}
    references, missed = [], 0
    for face in portraits.values():
        reference = recogniser.embedding(face.image.numpy(), face.landmarks)
        references.append(reference)
        for kind, picture in pictures_of(model, face, voice):
            found = model.landmarker.detect(to_uint8(picture[..., :3]), max_faces=1)
            missed += not found
            pairs.setdefault(kind, []).extend((reference, recogniser.embedding(picture, each)) for each in found)
    pairs[OTHERS] = list(combinations(references, 2))
    note = (
        f"{len(portraits)} portraits; full expressions, and {SPEECH_FRAMES} frames of speech; in {missed} frames no "
        f"face was found. The network was trained to keep one person's faces within {SAME_PERSON:g} of each other."
    )
    header = ("frames", "cosine", "least", "distance", "largest", f"within {SAME_PERSON:g}")
    return Table("Identity", header, [similarity_row(kind, found) for kind, found in pairs.items() if found], note)


def pictures_of(model: CEMNet, face: FaceReference, voice: Speech) -> Iterator[tuple[str, Picture]]:
    """The portrait's mirror image, its six emotions, and moments of it speaking."""
    yield MIRRORED, np.ascontiguousarray(face.image.numpy()[:, ::-1])
    prepared, person = model.renderer.prepare(face), Person.average()
    for emotion in SHOWN:
        yield emotion, model.renderer.frame(prepared, np.asarray(person.show(emotion, 1.0), np.float32), STILL)
    motion = pipeline.bridge_emotion(model, face, voice)
    for index in np.linspace(0, motion.num_frames - 1, SPEECH_FRAMES + 2).astype(int)[1:-1].tolist():
        yield (
            "speaking",
            model.renderer.frame(prepared, *motion.pose(index)),
        )


def similarity_row(kind: str, pairs: list[tuple[Embedding, Embedding]]) -> tuple[str, ...]:
    """One row of the table: number of pairs, mean and least cosine, mean and largest distance, share of one person."""
    first, second = (np.stack(side) for side in zip(*pairs, strict=True))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosine, distance = (first * second).sum(1) / lengths, np.linalg.norm(first - second, axis=1)
    return (
        kind, f"{cosine.mean():.3f}", f"{cosine.min():.3f}", f"{distance.mean():.2f}", f"{distance.max():.2f}",
        f"{100 * (distance < SAME_PERSON).mean():.0f} %",
    )  # fmt: skip
