"""The canvas: upright coordinates in which all faces are equally tall, so that lengths mean the same in all pictures.

Canvas units: x to the right and y down the upright face, CANVAS_FACE_HEIGHT units from hairline to chin.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from ..curves import smoothstep
from ..face.landmark_indices import LIDS, OVAL

# The size of the canvas, in canvas units. By eye, on the bundled portraits: a square of 2.5 faces is wide enough for
# hair to follow the head and for the background to follow the hair.
CANVAS_FACE_HEIGHT = 270.0
CANVAS_SIDE = 672.0
LEAST_HEIGHT = 0.85  # of the face's width: a face counts as at least so tall, also where it is foreshortened

# Where motion dies towards the edge of the crop, in canvas units. By eye, on the bundled portraits.
STILL_EDGE = 4.0
FADE_WIDTH = 56.0


@dataclass(frozen=True)
class FaceCanvas:
    """The canvas of one portrait, and the pixels of the picture that may move (the region of interest, roi).

    canvas = to_canvas · [x, y, 1] for x, y in pixels of the source picture. The crop is the square from 0 to
    CANVAS_SIDE along both axes of the canvas.
    """

    to_canvas: Float[np.ndarray, "2 3"]
    to_source: Float[np.ndarray, "2 3"]  # the inverse of to_canvas
    roi: tuple[int, int, int, int]  # left, top, right, bottom in source pixels

    @property
    def pixels_per_unit(self) -> float:
        """The length of a canvas unit in pixels of the source picture."""
        return float(np.hypot(self.to_source[0, 0], self.to_source[1, 0]))

    def canvas_points(self, pixels: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Points of the source picture (pixels) in canvas units."""
        return (pixels @ self.to_canvas[:, :2].T + self.to_canvas[:, 2]).astype(np.float32)

    def source_vectors(self, vectors: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Vectors in canvas units as vectors in pixels of the source picture."""
        x, y = vectors[..., 0], vectors[..., 1]
        return np.stack([row[0] * x + row[1] * y for row in self.to_source], -1).astype(np.float32)

    def source_points(self, points: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Points in canvas units as pixels of the source picture."""
        return (points @ self.to_source[:, :2].T + self.to_source[:, 2]).astype(np.float32)


def face_canvas(landmarks: Float[np.ndarray, "landmark 2"], width: int, height: int) -> FaceCanvas:
    """The canvas of a face, from its landmarks in pixels of a picture of a width and a height.

    The line between the eyes is turned level. The roi is the bounding box of the crop, cut by the picture's borders.
    """
    right_eye, left_eye = (landmarks[list(lids.corners)].mean(0) for lids in LIDS)
    angle = np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = landmarks[list(OVAL)] @ turn.T
    low, high = upright.min(0), upright.max(0)
    unit = CANVAS_FACE_HEIGHT / max(high[1] - low[1], LEAST_HEIGHT * (high[0] - low[0]), 1.0)
    offset = CANVAS_SIDE / 2 - unit * (low + high) / 2
    to_canvas = np.concatenate([unit * turn, offset[:, None]], 1)
    to_source = cv2.invertAffineTransform(to_canvas)
    square = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * CANVAS_SIDE
    corners = square @ to_source[:, :2].T + to_source[:, 2]
    left, top = np.floor(corners.min(0)).astype(int).clip(0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, [width, height])
    roi = (int(left), int(top), int(right), int(bottom))
    return FaceCanvas(to_canvas.astype(np.float32), to_source.astype(np.float32), roi)


def edge_fade(points: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape"]:
    """The share of motion that points of the canvas keep: 1 inside the crop, smoothly 0 at its edge and beyond."""
    distance = np.minimum(points, CANVAS_SIDE - points).min(-1)
    return smoothstep((distance - STILL_EDGE) / FADE_WIDTH).astype(np.float32)
