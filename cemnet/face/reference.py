"""Makes face references: the person in a portrait, the pose of the head, and the emotion that the face shows."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from ..emotion.portrait_emotion import ReferenceEmotionReader
from ..errors import FaceError
from ..media.pixels import to_uint8
from ..types import EmotionEstimate, FaceLandmarks, FaceReference, SeenExpression
from .basis import FaceBasis, FaceFit
from .landmarker import FaceLandmarker

MOST_PORTRAITS = 8  # of one person
T = TypeVar("T")
SMALLEST_FACE = 64  # pixels from ear to ear or from hairline to chin, whichever is longer


def reference_faces(
    image: Float[Tensor, "height width channel"],
    landmarker: FaceLandmarker,
    basis: FaceBasis,
    reader: ReferenceEmotionReader,
) -> list[FaceReference]:
    """Every usable face of a picture (0 to 1, RGB or RGBA), largest first.

    FaceError when there is none, or when the largest is less than SMALLEST_FACE pixels in size.
    """
    faces = landmarker.detect(to_uint8(_opaque(image).numpy()))
    if not faces:
        raise FaceError(
            "No face was found in the image. Use one where a face can be seen from the front or half turned, uncovered."
        )
    large_enough = [face for face in faces if face_size(face) >= SMALLEST_FACE]
    if not large_enough:
        raise FaceError(
            f"The largest face in the image is only {face_size(faces[0]):.0f} pixels in size, and at least "
            f"{SMALLEST_FACE} are needed. Use a larger version of the image."
        )
    return [_reference(image, face, basis, reader) for face in large_enough]


def choose_face(faces: Sequence[FaceReference], index: int | None = None) -> FaceReference:
    """The largest face, or the one with the given index (0 is the largest).

    FaceError where there is no such face.
    """
    index = 0 if index is None else index
    if not 0 <= index < len(faces):
        count = "1 face" if len(faces) == 1 else f"{len(faces)} faces"
        raise FaceError(
            f"There is no face number {index}: the image has {count}, counted from 0 with the largest first. "
            f"Choose a number from 0 to {len(faces) - 1}."
        )
    return faces[index]


def most_varied(
    first: SeenExpression, others: Sequence[SeenExpression], most: int = MOST_PORTRAITS - 1
) -> tuple[SeenExpression, ...]:
    """At most so many of the others, each as unlike the first and those already chosen as can be.

    Frames of one film are much alike; each of them would count as evidence of its own.
    """
    chosen: list[SeenExpression] = []
    left = list(others)
    while left and len(chosen) < most:
        known = np.stack([first.expression, *(portrait.expression for portrait in chosen)])
        distances = [np.linalg.norm(known - portrait.expression, axis=1).min() for portrait in left]
        chosen.append(left.pop(int(np.argmax(distances))))
    return tuple(chosen)


def spread(items: Sequence[T], most: int) -> Sequence[T]:
    """The items, or of more than `most` so many, evenly spread from the first to the last."""
    if len(items) <= most:
        return items
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def face_size(face: FaceLandmarks) -> float:
    """The longer side of the box around the landmarks, in pixels."""
    left, top, right, bottom = face.box
    return max(right - left, bottom - top)


def _opaque(image: Float[Tensor, "height width channel"]) -> Float[Tensor, "height width 3"]:
    """The picture on middle grey where it is transparent."""
    picture = image.detach().cpu().float()
    if picture.shape[-1] == 3:
        return picture
    if picture.shape[-1] == 4:
        alpha = picture[..., 3:].clamp(0, 1)
        return picture[..., :3] * alpha + 0.5 * (1 - alpha)
    raise FaceError(f"The image has {picture.shape[-1]} channels. Give one with 3 (RGB) or 4 (RGBA).")


def fit_and_read(
    face: FaceLandmarks, basis: FaceBasis, reader: ReferenceEmotionReader
) -> tuple[FaceFit, EmotionEstimate]:
    """Fit and emotion of a face: the emotion read from a first fit improves the fit, which is then read again."""
    alone = basis.fit(face)
    guess = reader.read(alone.expression, face.blendshapes)
    fit = basis.fit_known_emotion(face, alone, guess.probabilities)
    return fit, reader.read(fit.expression, face.blendshapes)


def _reference(
    image: Float[Tensor, "height width channel"],
    face: FaceLandmarks,
    basis: FaceBasis,
    reader: ReferenceEmotionReader,
) -> FaceReference:
    fit, emotion = fit_and_read(face, basis, reader)
    return FaceReference(image, face, fit.pose, fit.identity, fit.expression, fit.residual, emotion)
