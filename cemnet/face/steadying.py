"""Removes the landmarker's noise from the landmarks of a film without making motion late.

The head's own motion is taken out first (a similarity transform for every frame). Then each landmark is smoothed over
time in the frame of the head, and put back where the head is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ..curves import interpolate_curves
from .landmark_indices import OUTER_EYE_CORNERS

TEMPORAL_SIGMA_SECONDS = 0.05  # standard deviation of the filter over time
RANGE_SIGMA = 0.015  # of the distance between the eyes: a larger step between two frames is motion, not noise


@dataclass(frozen=True)
class HeadAlignment:
    """One similarity transform of the image for every frame: from the frame of the head to pixels.

    A point (x, y) of the head lies at `centre + (cosine·x − sine·y, sine·x + cosine·y)`. Cosine and sine contain the
    scale, so that the size of the head is the same in all frames.
    """

    centre: Float[np.ndarray, "frame 1 2"]  # pixels
    cosine: Float[np.ndarray, "frame 1"]
    sine: Float[np.ndarray, "frame 1"]

    @classmethod
    def to_shape(
        cls, shape: Float[np.ndarray, "landmark 2"], points: Float[np.ndarray, "frame landmark 2"]
    ) -> "HeadAlignment":
        """The least-squares alignment of one shape with the landmarks of every frame (Umeyama 1991, in 2D)."""
        model = shape - shape.mean(0)
        centre = points.mean(1, keepdims=True)
        centred = points - centre
        power = (model**2).sum()
        cosine = (centred * model).sum((1, 2)) / power
        sine = (centred[..., 1] * model[:, 0] - centred[..., 0] * model[:, 1]).sum(1) / power
        return cls(centre, cosine[:, None], sine[:, None])

    @property
    def scale(self) -> Float[np.ndarray, "frame 1"]:
        """Pixels a unit of the shape; one unit is a pixel of the frame that the shape was taken from."""
        return np.hypot(self.cosine, self.sine)

    def to_head(self, points: Float[np.ndarray, "frame landmark 3"]) -> Float[np.ndarray, "frame landmark 3"]:
        """Image points (pixels) in the frame of the head."""
        right, down = np.moveaxis(points[..., :2] - self.centre, -1, 0)
        squared = self.scale**2
        across = (self.cosine * right + self.sine * down) / squared
        along = (self.cosine * down - self.sine * right) / squared
        return np.stack([across, along, points[..., 2] / self.scale], -1)

    def to_image(self, points: Float[np.ndarray, "frame landmark 3"]) -> Float[np.ndarray, "frame landmark 3"]:
        """Points of the head in pixels of the image."""
        across, along, depth = np.moveaxis(points, -1, 0)
        right = self.cosine * across - self.sine * along
        down = self.sine * across + self.cosine * along
        return np.concatenate([np.stack([right, down], -1) + self.centre, (self.scale * depth)[..., None]], -1)


def steady_landmarks(
    points: Float[np.ndarray, "frame landmark 3"], seen: Int[np.ndarray, "seen"], fps: float
) -> Float[np.ndarray, "frame landmark 3"]:
    """Landmarks in pixels without noise: what rests on the head is still, and what moves is not late.

    Frames that are not in `seen` are filled by linear interpolation between their neighbours.
    """
    points = interpolate_curves(np.arange(len(points)), seen, points[seen])
    shape = points[len(points) // 2, :, :2]
    alignment = HeadAlignment.to_shape(shape, points[..., :2])
    eye_distance = float(np.hypot(*(shape[OUTER_EYE_CORNERS[0]] - shape[OUTER_EYE_CORNERS[1]])))
    filtered = bilateral_over_time(alignment.to_head(points), TEMPORAL_SIGMA_SECONDS * fps, RANGE_SIGMA * eye_distance)
    return alignment.to_image(filtered).astype(np.float32)


def bilateral_over_time(
    points: Float[np.ndarray, "frame landmark 3"], temporal_sigma: float, range_sigma: float
) -> Float[np.ndarray, "frame landmark 3"]:
    """A bilateral filter over frames (Tomasi and Manduchi 1998), for each landmark by itself.

    `temporal_sigma` counts frames. `range_sigma` is a distance in x and y: a frame in which the landmark lies much
    further away than this has no weight. The first and the last frame are repeated beyond the ends.
    """
    frames, reach = np.arange(len(points)), int(3 * temporal_sigma)
    total, weights = np.zeros_like(points), np.zeros((*points.shape[:2], 1))
    for offset in range(-reach, reach + 1):
        other = points[np.clip(frames + offset, 0, len(frames) - 1)]
        distance = ((other - points)[..., :2] ** 2).sum(-1, keepdims=True)
        weight = np.exp(-0.5 * (offset / temporal_sigma) ** 2 - 0.5 * distance / range_sigma**2)
        total, weights = total + weight * other, weights + weight
    return total / weights
