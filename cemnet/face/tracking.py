"""Follows one face through a film: steady landmarks, pose and expression of every frame, one person for all."""

import mmap
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from ..arkit import BLINK, NUM_EXPRESSIONS, arkit_indices
from ..emotion.portrait_emotion import ReferenceEmotionReader
from ..errors import FaceError
from ..long_rows import LongRows, let_go
from ..performance_settings import check_face_index
from ..types import EmotionEstimate, FaceLandmarks, FaceReference, Pose
from .basis import FaceBasis, similarity_pose
from .landmark_indices import LIP_CORNERS, LOWER_LIP_ROWS, NUM_LANDMARKS, UPPER_LIP_ROWS
from .landmarker import FaceLandmarker
from .reference import SMALLEST_FACE, face_size
from .steadying import FRAMES_AT_ONCE, steady_landmarks

LONGEST_GAP_SECONDS = 0.2  # a face that is lost for longer is left alone meanwhile
FADE_SECONDS = 0.2  # over which the dubbing comes and goes around such a gap
NUM_IDENTITY_FRAMES = 16  # spread over the film, to which the person is fitted
# Teeth are seen where the mouth's inner opening is at least so high, as a share of its width; more than the second is
# no better. They are looked for at so much of its height below the upper lip. By eye, on smiles.
BARED_TEETH, UNDER_LIP = (0.08, 0.25), 0.35
JAW_OPEN = arkit_indices("jawOpen")


@dataclass(frozen=True)
class FaceTrack:
    """One face of a film. A frame that does not show it has the landmarks and the fit of the nearest one that does.

    The landmarks of a long film lie on the disk (see `let_go`).
    """

    fps: float
    points: Float[np.ndarray, "frame landmark 3"]  # steadied landmarks, pixels
    scores: Float[np.ndarray, "frame"]  # the landmarker's, of each face
    blendshapes: Float[np.ndarray, "frame expression"]  # MediaPipe's scores
    rotations: Float[np.ndarray, "frame 3 3"]
    scales: Float[np.ndarray, "frame"]
    translations: Float[np.ndarray, "frame 3"]
    expression: Float[np.ndarray, "frame expression"]
    presence: Float[np.ndarray, "frame"]  # 1 where the face is seen, fading to 0 where it is lost
    person: FaceBasis  # the basis whose mean is this person
    identity: Float[np.ndarray, "identity"]
    emotion: EmotionEstimate  # of the whole film
    best: int  # the frame that shows the person best: turned to the viewer, eyes open, mouth shut
    best_picture: UInt8[np.ndarray, "height width 3"]
    teeth: int | None = None  # the frame that shows the most of the upper teeth; None where none does
    teeth_picture: UInt8[np.ndarray, "height width 3"] | None = None
    transparent: bool = False  # whether the film's pictures let something behind them be seen
    pages: mmap.mmap | None = field(default=None, repr=False)  # in which the points of a long film lie

    @property
    def num_frames(self) -> int:
        """Frames of the film."""
        return len(self.points)

    def landmarks(self, frame: int) -> FaceLandmarks:
        """The steadied face of one frame (counted from 0), with the scores of the nearest frame that shows it."""
        return FaceLandmarks(self.points[frame], self.blendshapes[frame], float(self.scores[frame]))

    def pose(self, frame: int) -> Pose:
        """Where the head is in one frame (counted from 0)."""
        return Pose(self.rotations[frame], float(self.scales[frame]), self.translations[frame])

    def reference(self, image: Float[Tensor, "height width channel"], frame: int) -> FaceReference:
        """The face in one frame of the film (counted from 0), whose picture is `image`."""
        pose, expression = self.pose(frame), self.expression[frame]
        residual = self.person.residual(self.points[frame], pose, expression)
        return FaceReference(image, self.landmarks(frame), pose, self.identity, expression, residual, self.emotion)

    def let_go(self) -> None:
        """Frees the memory that the landmarks of a long film took where they were read; they stay on the disk."""
        let_go(self.pages)


@dataclass
class KeptFrame(ABC):
    """Keeps the one frame of a film that is the least bad for a purpose."""

    basis: FaceBasis
    index: int = -1
    picture: UInt8[np.ndarray, "height width 3"] | None = None
    badness: float = np.inf

    def see(self, index: int, picture: UInt8[np.ndarray, "height width 3"], face: FaceLandmarks) -> None:
        """Compares the next frame (counted from 0) with the best one so far; a better picture is copied."""
        badness = self.badness_of(picture, face)
        if badness < self.badness:
            self.index, self.picture, self.badness = index, picture.copy(), badness

    @abstractmethod
    def badness_of(self, picture: UInt8[np.ndarray, "height width 3"], face: FaceLandmarks) -> float:
        """How unfit a frame is; infinite for one that cannot be used at all."""

    def turned(self, face: FaceLandmarks) -> float:
        """Radians by which the head is turned away from the viewer."""
        return float(np.abs(similarity_pose(self.basis.mean, face.points).angles[:2]).sum())


class BestFrame(KeptFrame):
    """Keeps the frame that shows a person best: turned to the viewer, eyes open, mouth shut.

    Badness is radians of turn, plus the blendshapes of blinking and of the open jaw.
    """

    def badness_of(self, picture: UInt8[np.ndarray, "height width 3"], face: FaceLandmarks) -> float:
        """See the class."""
        return self.turned(face) + float(face.blendshapes[BLINK].mean() + face.blendshapes[JAW_OPEN].sum())


class TeethFrame(KeptFrame):
    """Keeps the frame that shows the most of a person's upper teeth, turned to the viewer.

    Badness is radians of turn, less the light (0 to 1) right under the upper lip and the height of the opening there
    as a share of its width. A mouth that is no more open than BARED_TEETH cannot be used.
    """

    def badness_of(self, picture: UInt8[np.ndarray, "height width 3"], face: FaceLandmarks) -> float:
        """See the class."""
        upper, lower = (face.points[list(row), :2] for row in (UPPER_LIP_ROWS[0], LOWER_LIP_ROWS[0]))
        first, last = face.points[list(LIP_CORNERS), :2]
        gap = float(np.linalg.norm(lower - upper, axis=1)[2:-2].mean() / max(np.linalg.norm(last - first), 1e-6))
        if gap < BARED_TEETH[0]:
            return np.inf
        places = np.round(upper + UNDER_LIP * (lower - upper))[2:-2].astype(int)
        columns, rows = places.T
        inside = (columns >= 0) & (columns < picture.shape[1]) & (rows >= 0) & (rows < picture.shape[0])
        if not inside.all():
            return np.inf
        light = float(picture[rows, columns, :3].mean()) / 255
        return self.turned(face) - light - min(gap, BARED_TEETH[1])


def follow_face(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    landmarker: FaceLandmarker,
    kept: Sequence[KeptFrame],
    face_index: int | None = None,
) -> Iterator[FaceLandmarks | None]:
    """The landmarks of one face in every frame, or None where it is not seen.

    It is the largest face, or the one with `face_index` (0 is the largest) in the first frame that shows so many.
    All of `kept` are shown every frame that has the face.
    """
    last: FaceLandmarks | None = None
    lost = True
    for index, image in enumerate(frames):
        face = landmarker.follow(image, last) if last is not None and not lost else None
        if face is None:
            face = find_again(landmarker.detect(image), last, face_index or 0)
        last, lost = face or last, face is None
        if face is not None:
            for frame in kept:
                frame.see(index, image, face)
        yield face


def find_again(faces: list[FaceLandmarks], last: FaceLandmarks | None, index: int) -> FaceLandmarks | None:
    """The face nearest to where it was last, or before that the one with the index; None where there is none.

    Faces smaller than SMALLEST_FACE pixels do not count.
    """
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
    """Follows one face through a film and fits one person to all frames.

    Pictures are read once and not kept, except two: the best one, and the one that bares the teeth. FaceError where no
    frame shows the face, CEMNetError for an index below 0.
    """
    check_face_index(face_index)
    best, teeth = BestFrame(basis), TeethFrame(basis)
    found = SeenFaces()
    for face in follow_face(frames, landmarker, (best, teeth), face_index):
        found.add(face)
    if best.picture is None:
        which = "no face" if not face_index else f"no face number {face_index}, counted from 0 with the largest first"
        raise FaceError(f"The film shows {which}. Use one where a face can be seen from the front or half turned.")
    points, pages = found.steadied(fps)
    seen, nearest = np.array(found.seen), found.nearest
    blendshapes, scores = np.stack(found.blendshapes)[nearest], np.array(found.scores)[nearest]
    landmarks = (FaceLandmarks(points[frame], blendshapes[frame], float(scores[frame])) for frame in spread_over(seen))
    identity = np.mean([basis.fit(face).identity for face in landmarks], 0)
    person = replace(basis, mean=basis.shape(identity, np.zeros(len(basis.expression))), identity=basis.identity[:0])
    poses, expression = [], np.empty((found.num_frames, NUM_EXPRESSIONS), np.float32)
    for frame in range(found.num_frames):
        fit = person.fit(FaceLandmarks(points[frame], blendshapes[frame], float(scores[frame])))
        expression[frame] = fit.expression
        poses.append(np.concatenate([fit.pose.rotation.ravel(), [fit.pose.scale], fit.pose.translation]))
        if frame % FRAMES_AT_ONCE == 0:
            let_go(pages)
    rotations, scales, translations = np.split(np.stack(poses), [9, 10], axis=1)
    emotion = mean_emotion([reader.read(expression[frame], blendshapes[frame]) for frame in seen])
    return FaceTrack(
        fps, points, scores, blendshapes, rotations.reshape(-1, 3, 3), scales[:, 0], translations, expression,
        presence_of(seen, found.num_frames, fps), person, identity, emotion, best.index, best.picture,
        teeth=teeth.index if teeth.picture is not None else None, teeth_picture=teeth.picture, pages=pages,
    )  # fmt: skip


class SeenFaces:
    """The faces of the frames that show one; landmarks of many lie on the disk."""

    def __init__(self) -> None:
        self.num_frames = 0
        self.seen: list[int] = []  # the frames that show the face
        self.blendshapes: list[Float[np.ndarray, "expression"]] = []  # of each of them, as are the scores
        self.scores: list[float] = []
        self._rows = LongRows(3 * NUM_LANDMARKS)

    def add(self, face: FaceLandmarks | None) -> None:
        """Adds the next frame."""
        if face is not None:
            self.seen.append(self.num_frames)
            self.blendshapes.append(face.blendshapes)
            self.scores.append(face.score)
            self._rows.append(face.points.reshape(1, -1))
        self.num_frames += 1

    @property
    def nearest(self) -> Int[np.ndarray, "frame"]:
        """For every frame the place in `seen` of the nearest frame that shows the face."""
        return np.searchsorted(self.seen, nearest_of(np.array(self.seen), self.num_frames))

    def steadied(self, fps: float) -> "tuple[Float[np.ndarray, 'frame landmark 3'], mmap.mmap | None]":
        """Landmarks of every frame without noise, and the pages in which those of a long film lie."""
        rows, pages = self._rows.finished()
        steady = LongRows(3 * NUM_LANDMARKS)
        points = rows.reshape(-1, NUM_LANDMARKS, 3)
        for block in steady_landmarks(points, np.array(self.seen), self.num_frames, fps):
            steady.append(block.reshape(len(block), -1))
            let_go(pages)
        rows, pages = steady.finished()
        return rows.reshape(-1, NUM_LANDMARKS, 3), pages


def mean_emotion(emotions: list[EmotionEstimate]) -> EmotionEstimate:
    """The estimate for a whole film: mean probabilities and mean intensity of its frames."""
    return EmotionEstimate(
        np.mean([each.probabilities for each in emotions], 0), float(np.mean([each.intensity for each in emotions]))
    )


def spread_over(seen: Int[np.ndarray, "seen"]) -> Int[np.ndarray, "chosen"]:
    """NUM_IDENTITY_FRAMES frames spread over those that show the face; all, where they are fewer."""
    return seen[np.unique(np.linspace(0, len(seen) - 1, NUM_IDENTITY_FRAMES).round().astype(int))]


def presence_of(seen: Int[np.ndarray, "seen"], num_frames: int, fps: float) -> Float[np.ndarray, "frame"]:
    """1 where the face is seen or lost for at most LONGEST_GAP_SECONDS; 0 in longer gaps, with a linear fade before
    and after them."""
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
    """For every frame the number of the nearest chosen frame."""
    away = np.ones(num_frames, bool)
    away[chosen] = False
    return np.asarray(distance_transform_edt(away, return_distances=False, return_indices=True))[0]
