"""Rendered heads with their known shape, pose and emotion, and with the landmarks that are detected on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from tqdm import tqdm

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ...face.basis import IMAGE_AXES
from ...face.landmarker import FaceLandmarker
from ...types import FaceLandmarks, Pose
from ..performer.emotion_prototypes import Person
from .head_renderer import HeadRenderer, Look
from .ict_head import HeadModel, rotation, sample_emotional_face, sample_expression, sample_identity

FACE_CENTRE = np.array([0.0, 0.5, 8.0])  # in front of ICT's origin, centimetres
PORTRAIT_SCALE = 19.0  # pixels a centimetre of a head that fills a picture of 512
NO_EMOTION = -1  # the label of a face whose expression is put together at random


@dataclass(frozen=True)
class Renders:
    """Parameters of rendered heads, and what the landmarker detected; one row for each head."""

    identity: Float[np.ndarray, "head mode"]
    expression: Float[np.ndarray, "head expression"]
    emotion: Int[np.ndarray, "head"]
    intensity: Float[np.ndarray, "head"]
    rotation: Float[np.ndarray, "head 3 3"]
    scale: Float[np.ndarray, "head"]
    translation: Float[np.ndarray, "head 3"]
    points: Float[np.ndarray, "head landmark 3"]
    blendshapes: Float[np.ndarray, "head expression"]

    @classmethod
    def load(cls, path: Path) -> "Renders":
        """Reads a file that `save` has written."""
        with np.load(path) as stored:
            return cls(**{name: stored[name] for name in stored.files})

    def save(self, path: Path) -> None:
        """Writes a compressed .npz file."""
        np.savez_compressed(path, **vars(self))

    def __len__(self) -> int:
        return len(self.identity)

    def __getitem__(self, chosen) -> "Renders":
        return Renders(**{name: values[chosen] for name, values in vars(self).items()})

    def landmarks(self, index: int) -> FaceLandmarks:
        """What the landmarker detected on one head."""
        return FaceLandmarks(self.points[index], self.blendshapes[index], 1.0)

    def pose(self, index: int) -> Pose:
        """How one head was posed."""
        return Pose(self.rotation[index], float(self.scale[index]), self.translation[index])


def sample_pose(rng: np.random.Generator, size: int) -> Pose:
    """A head that mostly faces the camera and fills most of a square picture."""
    turn = rotation(rng.normal(0, 0.2), rng.normal(0, 0.12), rng.normal(0, 0.06))
    scale = rng.uniform(15, 20) * size / 512
    place = np.append(size / 2 + rng.normal(0, 0.016 * size, 2), 0)
    return Pose(turn, scale, place - scale * (turn @ FACE_CENTRE) * IMAGE_AXES)


def render_heads(
    model: HeadModel, landmarker: FaceLandmarker, num_heads: int, seed: int, emotional_share: float = 0.5
) -> Renders:
    """Random persons, expressions, poses and looks; a share of them shows an emotion. Heads not found are left out."""
    rng, renderer, rows = np.random.default_rng(seed), HeadRenderer(model), []
    for _ in tqdm(range(num_heads), desc="rendering heads", mininterval=10):
        expression, emotion, intensity = sample_expression(rng), NO_EMOTION, 0.0
        if rng.random() < emotional_share:
            expression, name, intensity = sample_emotional_face(rng)
            emotion = EMOTION_INDEX[name]
        identity, pose = sample_identity(rng), sample_pose(rng, renderer.size)
        picture = renderer.render(model.vertices(identity, expression), pose, Look.sample(rng))
        drawn = (identity, expression, emotion, intensity, pose.rotation, pose.scale, pose.translation)
        rows += [(*drawn, face.points, face.blendshapes) for face in landmarker.detect(picture)[:1]]
    return Renders(*(np.stack(column) for column in zip(*rows, strict=True)))


def strong_reference_heads(
    model: HeadModel, num_persons: int, seed: int
) -> Iterator[tuple[int, Emotion, UInt8[np.ndarray, "height width 3"]]]:
    """Portraits for evaluation: each person (counted from 0) shows all eight emotions at intensity 1.

    Pictures are 512 × 512, frontal, and well lit; a person keeps identity, skin, light and way of showing emotion from
    one emotion to the next. Every seed gives new people, and none of them was drawn for `render_heads`.
    """
    renderer = HeadRenderer(model)
    for number in range(num_persons):
        rng = np.random.default_rng((seed, number))
        identity, person, look = sample_identity(rng), Person.sample(rng), Look.sample_portrait(rng)
        turn = rotation(rng.normal(0, 0.04), rng.normal(0, 0.03), rng.normal(0, 0.02))
        place = np.array([renderer.size / 2, renderer.size / 2, 0.0])
        pose = Pose(turn, PORTRAIT_SCALE, place - PORTRAIT_SCALE * (turn @ FACE_CENTRE) * IMAGE_AXES)
        for emotion in EMOTIONS:
            yield number, emotion, renderer.render(model.vertices(identity, person.show(emotion, 1.0)), pose, look)
