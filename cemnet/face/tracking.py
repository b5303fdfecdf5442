"""One face of a film, followed from frame to frame: steady landmarks, its expression and its pose."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from ..arkit import BLINK, arkit_indices
from ..curves import interpolate_curves
from ..emotion.portrait_emotion import ReferenceEmotionReader
from ..errors import FaceError
from ..types import EmotionEstimate, FaceLandmarks, FaceReference, Pose
from .basis import FaceBasis, similarity_pose
from .landmark_indices import OUTER_EYE_CORNERS
from .landmarker import FaceLandmarker
from .reference import SMALLEST_FACE, face_size

LONGEST_GAP_SECONDS = 0.2  # a face that is lost for longer is left alone meanwhile
FADE_SECONDS = 0.2  # over which the dubbing comes and goes around such a gap
STEADYING_SECONDS = 0.05  # standard deviation over time of what steadies landmarks that hardly move
STEADY_REACH = 0.015  # of the eye distance: what moves further between two frames is motion, not noise
NUM_IDENTITY_FRAMES = 16
JAW_OPEN = arkit_indices("jawOpen")


@dataclass(frozen=True)
class FaceTrack:
    """A face of a film; where it is lost, landmarks and fit are those of the nearest frame that shows it."""

    fps: float
    landmarks: tuple[FaceLandmarks, ...]  # steadied, pixels
    poses: tuple[Pose, ...]
    residuals: Float[np.ndarray, "frame landmark 3"]
    expression: Float[np.ndarray, "frame expression"]
    presence: Float[np.ndarray, "frame"]  # 1 where the face is seen, fading to 0 where it is lost
    identity: Float[np.ndarray, "identity"]
    emotion: EmotionEstimate  # of the whole film
    best: int  # the frame that shows the person best: turned to the viewer, eyes open, mouth shut
    best_picture: UInt8[np.ndarray, "height width 3"]

    @property
    def num_frames(self) -> int:
        return len(self.poses)

    def reference(self, image: Float[Tensor, "height width channel"], frame: int) -> FaceReference:
        """The face as one picture of the film shows it."""
        return FaceReference(
            image, self.landmarks[frame], self.poses[frame], self.identity, self.expression[frame],
            self.residuals[frame], self.emotion,
        )  # fmt: skip


@dataclass
class BestFrame:
    """Notices the frame that shows a person best as a film passes by."""

    basis: FaceBasis
    index: int = -1
    picture: UInt8[np.ndarray, "height width 3"] | None = None
    badness: float = np.inf

    def see(self, index: int, picture: UInt8[np.ndarray, "height width 3"], face: FaceLandmarks) -> None:
        turned = np.abs(similarity_pose(self.basis.mean, face.points).angles[:2]).sum()
        badness = float(turned + face.blendshapes[BLINK].mean() + face.blendshapes[JAW_OPEN].sum())
        if badness < self.badness:
            self.index, self.picture, self.badness = index, picture.copy(), badness


def follow_face(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    landmarker: FaceLandmarker,
    best: BestFrame,
    face_index: int | None = None,
) -> Iterator[FaceLandmarks | None]:
    """The face in every frame, or None where it is not seen; the largest one, or the one with the given index in the
    first picture that shows so many faces. `best` sees every frame that shows it."""
    last: FaceLandmarks | None = None
    lost = True
    for index, image in enumerate(frames):
        face = landmarker.follow(image, last) if last is not None and not lost else None
        if face is None:
            face = find_again(landmarker.detect(image), last, face_index or 0)
        last, lost = face or last, face is None
        if face is not None:
            best.see(index, image, face)
        yield face


def find_again(faces: list[FaceLandmarks], last: FaceLandmarks | None, index: int) -> FaceLandmarks | None:
    """Of the faces in a picture the one nearest to where it was last; at first the one with the index."""
    faces = [face for face in faces if face_size(face) >= SMALLEST_FACE]
    if last is None:
        return faces[index] if index < len(faces) else None
    before = last.points[:, :2].mean(0)
    return min(faces, key=lambda face: np.linalg.norm(face.points[:, :2].mean(0) - before), default=None)


def track_face(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    fps: float,
    landmarker: FaceLandmarker,
    basis: FaceBasis,
    reader: ReferenceEmotionReader,
    face_index: int | None = None,
) -> FaceTrack:
    """Follows one face through a film and fits one person to all of it; pictures are read once and not kept.

    FaceError where no frame shows the face.
    """
    best = BestFrame(basis)
    found = list(follow_face(frames, landmarker, best, face_index))
    seen = np.array([index for index, face in enumerate(found) if face is not None])
    if best.picture is None:
        which = "no face" if not face_index else f"no face number {face_index}, counted from 0 with the largest first"
        raise FaceError(f"The film shows {which}. Use one where a face can be seen from the front or half turned.")
    faces = [face for face in (found[index] for index in nearest_of(seen, len(found))) if face is not None]
    points = steady_landmarks(np.stack([face.points for face in faces]), seen, fps)
    landmarks = tuple(replace(face, points=frame) for face, frame in zip(faces, points, strict=True))
    identity = person_in(basis, [landmarks[index] for index in seen])
    person = replace(basis, mean=basis.shape(identity, np.zeros(len(basis.expression))), identity=basis.identity[:0])
    fits = [person.fit(face) for face in landmarks]
    expression = np.stack([fit.expression for fit in fits])
    emotions = [reader.read(expression[index], landmarks[index].blendshapes) for index in seen]
    emotion = EmotionEstimate(
        np.mean([each.probabilities for each in emotions], 0), float(np.mean([each.intensity for each in emotions]))
    )
    return FaceTrack(
        fps, landmarks, tuple(fit.pose for fit in fits), np.stack([fit.residual for fit in fits]), expression,
        presence_of(seen, len(found), fps), identity, emotion, best.index, best.picture,
    )  # fmt: skip


def person_in(basis: FaceBasis, landmarks: list[FaceLandmarks]) -> Float[np.ndarray, "identity"]:
    """Who is seen: the mean of the fits to frames spread over the film."""
    chosen = np.unique(np.linspace(0, len(landmarks) - 1, NUM_IDENTITY_FRAMES).round().astype(int))
    return np.mean([basis.fit(landmarks[index]).identity for index in chosen], 0)


def presence_of(seen: Int[np.ndarray, "seen"], num_frames: int, fps: float) -> Float[np.ndarray, "frame"]:
    """One where a face is seen or only blinked out for a moment, and a fade to 0 around every longer gap."""
    present = np.zeros(num_frames, bool)
    present[seen] = True
    for before, after in pairwise(seen):
        if after - before - 1 <= LONGEST_GAP_SECONDS * fps:
            present[before:after] = True
    missing = np.flatnonzero(~present)
    if not len(missing):
        return np.ones(num_frames)
    distance = np.abs(np.arange(num_frames) - nearest_of(missing, num_frames))
    return np.clip(distance / (1 + FADE_SECONDS * fps), 0, 1)


def nearest_of(chosen: Int[np.ndarray, "chosen"], num_frames: int) -> Int[np.ndarray, "frame"]:
    """For every frame the nearest of some chosen ones."""
    away = np.ones(num_frames, bool)
    away[chosen] = False
    return np.asarray(distance_transform_edt(away, return_distances=False, return_indices=True))[0]


def steady_landmarks(
    points: Float[np.ndarray, "frame landmark 3"], seen: Int[np.ndarray, "seen"], fps: float
) -> Float[np.ndarray, "frame landmark 3"]:
    """Landmarks without the landmarker's noise: each is averaged over time as far as it stays where it is on the
    moving head, so that what rests is still and what moves is not late (a bilateral filter, Tomasi and Manduchi 1998).
    Frames between two that are seen are filled by what lies on the line between these."""
    frames = np.arange(len(points))
    points = interpolate_curves(frames, seen, points[seen])
    plane = points[..., 0] + 1j * points[..., 1]
    model = plane[len(plane) // 2]
    centred = model - model.mean()
    middle = plane.mean(1)
    scale = ((plane - middle[:, None]) * centred.conj()).sum(1) / (np.abs(centred) ** 2).sum()
    turned = (plane - middle[:, None]) / scale[:, None]
    local = np.stack([turned.real, turned.imag, points[..., 2] / np.abs(scale)[:, None]], -1)
    eye_distance = abs(model[OUTER_EYE_CORNERS[0]] - model[OUTER_EYE_CORNERS[1]])
    sigma, reach = STEADYING_SECONDS * fps, STEADY_REACH * eye_distance
    total, weights = np.zeros_like(local), np.zeros((*local.shape[:2], 1))
    for offset in range(-int(3 * sigma), int(3 * sigma) + 1):
        other = local[np.clip(frames + offset, 0, len(frames) - 1)]
        distance = ((other - local)[..., :2] ** 2).sum(-1, keepdims=True)
        weight = np.exp(-0.5 * (offset / sigma) ** 2 - 0.5 * distance / reach**2)
        total, weights = total + weight * other, weights + weight
    local = total / weights
    plane = (local[..., 0] + 1j * local[..., 1]) * scale[:, None] + middle[:, None]
    steady = np.stack([plane.real, plane.imag, local[..., 2] * np.abs(scale)[:, None]], -1)
    return steady.astype(np.float32)
