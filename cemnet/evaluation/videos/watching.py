"""A video as it is scored: its face in every frame, and the same crops for every system."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from ...errors import FaceError
from ...face.landmark_indices import NUM_LANDMARKS, OUTER_EYE_CORNERS
from ...face.landmarker import FaceLandmarker
from ...face.tracking import follow_face
from ...media.video_reader import video_frames
from ...types import MOTION_FPS, FaceLandmarks
from ..motion.sync import FEWEST_SEEN_SHARE

CROP_SIDE = 256  # pixels of the crops whose pictures are compared
CROP_MARGIN = 1.3  # side of these crops, in sizes of the face
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class WatchedVideo:
    """The face of a video at MOTION_FPS; landmarks are NaN in frames that do not show it."""

    path: Path
    faces: list[FaceLandmarks | None]
    size: tuple[int, int]  # height and width in pixels

    @property
    def points(self) -> Float[np.ndarray, "frame landmark 3"]:
        """The landmarks of each frame, in pixels; not smoothed."""
        lost = np.full((NUM_LANDMARKS, 3), np.nan)
        return np.stack([lost if face is None else face.points for face in self.faces])

    @property
    def typical(self) -> Float[np.ndarray, "landmark 3"]:
        """The median of the landmarks over the frames."""
        return np.nanmedian(self.points, axis=0)

    def frames(self) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        """The pictures again, 0 to 255."""
        return video_frames(self.path, MOTION_FPS)


def watch(landmarker: FaceLandmarker, path: Path) -> WatchedVideo:
    """Follows the largest face of a video; FaceError where fewer frames than FEWEST_SEEN_SHARE show one."""
    size = (0, 0)

    def pictures() -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        nonlocal size
        for picture in video_frames(path, MOTION_FPS):
            size = (picture.shape[0], picture.shape[1])
            yield picture

    faces = list(follow_face(pictures(), landmarker, ()))
    seen = sum(face is not None for face in faces)
    if not faces or seen < FEWEST_SEEN_SHARE * len(faces):
        raise FaceError(f"{path} shows a face in only {seen} of {len(faces)} frames. Give a film of one face.")
    return WatchedVideo(path, faces, size)


def eye_distance(points: Float[np.ndarray, "*frame landmark 3"]) -> Float[np.ndarray, "*frame"]:
    """From one outer corner of the eyes to the other, in pixels."""
    right, left = OUTER_EYE_CORNERS
    return np.asarray(np.linalg.norm(points[..., right, :2] - points[..., left, :2], axis=-1))


def carried_box(box: Box, source: Float[np.ndarray, "landmark 3"], target: Float[np.ndarray, "landmark 3"]) -> Box:
    """The box of one picture in another one of the same head, cut or scaled otherwise: it goes with the eyes."""
    corners = list(OUTER_EYE_CORNERS)
    middle, there = source[corners, :2].mean(0), target[corners, :2].mean(0)
    scale = float(eye_distance(target) / eye_distance(source))
    left, top, right, bottom = (np.array(box).reshape(2, 2) - middle).ravel() * scale + np.tile(there, 2)
    return float(left), float(top), float(right), float(bottom)


def face_box(points: Float[np.ndarray, "landmark 3"]) -> Box:
    """A square around a face, CROP_MARGIN times as large."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    (x, y), half = (low + high) / 2, CROP_MARGIN * float((high - low).max()) / 2
    return float(x - half), float(y - half), float(x + half), float(y + half)


def crop(
    picture: UInt8[np.ndarray, "height width 3"], box: Box, side: int = CROP_SIDE
) -> UInt8[np.ndarray, "side side 3"]:
    """The boxed part of a picture as a square; the picture's border goes on where the box leaves it."""
    left, top, right, bottom = box
    scale = np.array([(right - left) / side, (bottom - top) / side])
    height, width = picture.shape[:2]
    coarse = int(scale.min())
    if coarse > 1:  # reduced first, so that nothing fine is lost between two pixels
        picture = cv2.resize(picture, (width // coarse, height // coarse), interpolation=cv2.INTER_AREA)
        shrunk = np.array([picture.shape[1] / width, picture.shape[0] / height])
        scale, left, top = scale * shrunk, left * shrunk[0], top * shrunk[1]
    to_picture = np.array([[scale[0], 0, left + scale[0] / 2 - 0.5], [0, scale[1], top + scale[1] / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, to_picture, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def crops(video: WatchedVideo, box: Box) -> Iterator[UInt8[np.ndarray, "side side 3"]]:
    """The boxed part of every frame."""
    return (crop(picture, box) for picture in video.frames())


def truth_boxes(video: WatchedVideo, truth: WatchedVideo) -> tuple[Box, Box]:
    """The boxes in which a video and its truth are compared: one and the same where the pictures are of one size."""
    box = face_box(truth.typical)
    return (box if video.size == truth.size else carried_box(box, truth.typical, video.typical)), box


def evenly(num_frames: int, count: int) -> Sequence[int]:
    """The numbers of `count` frames spread over all but the first and the last."""
    return np.unique(np.linspace(0, num_frames - 1, count + 2).astype(int)[1:-1]).tolist()
