"""Removes the landmarker's noise from the landmarks of a film without making motion late.

The head's own motion is taken out first (a similarity transform for every frame). Then each landmark is smoothed over
time in the frame of the head, and put back where the head is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ..curves import interpolate_curves
from .landmark_indices import OUTER_EYE_CORNERS

TEMPORAL_SIGMA_SECONDS = 0.05  # standard deviation of the filter over time
FRAMES_AT_ONCE = 500  # bounds the memory that a long film takes
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
    points: Float[np.ndarray, "seen landmark 3"], seen: Int[np.ndarray, "seen"], num_frames: int, fps: float
) -> Iterator[Float[np.ndarray, "_ landmark 3"]]:
    """Landmarks in pixels without noise: what rests on the head is still, and what moves is not late.

    `points` are those of the frames `seen`; the others are filled by linear interpolation between their neighbours.
    The frames of the film come in order, at most FRAMES_AT_ONCE in each block, so that a long film takes no more memory
    than a short one.
    """
    shape = interpolated(points, seen, num_frames // 2, num_frames // 2 + 1)[0, :, :2]
    eye_distance = float(np.hypot(*(shape[OUTER_EYE_CORNERS[0]] - shape[OUTER_EYE_CORNERS[1]])))
    temporal_sigma = TEMPORAL_SIGMA_SECONDS * fps
    for start in range(0, num_frames, FRAMES_AT_ONCE):
        stop = min(start + FRAMES_AT_ONCE, num_frames)
        first = max(start - reach_of(temporal_sigma), 0)
        near = interpolated(points, seen, first, min(stop + reach_of(temporal_sigma), num_frames))
        alignment = HeadAlignment.to_shape(shape, near[..., :2])
        filtered = bilateral_over_time(alignment.to_head(near), temporal_sigma, RANGE_SIGMA * eye_distance)
        yield alignment.to_image(filtered)[start - first : stop - first].astype(np.float32)


def interpolated(
    points: Float[np.ndarray, "seen landmark 3"], seen: Int[np.ndarray, "seen"], first: int, last: int
) -> Float[np.ndarray, "frame landmark 3"]:
    """Landmarks of the frames from `first` to before `last`, of those that are seen in them and beside them."""
    known = slice(max(int(np.searchsorted(seen, first, "right")) - 1, 0), int(np.searchsorted(seen, last - 1)) + 1)
    return interpolate_curves(np.arange(first, last), seen[known], points[known])


def reach_of(temporal_sigma: float) -> int:
    """How many frames before and after a frame have a say in it."""
    return int(3 * temporal_sigma)


def bilateral_over_time(
    points: Float[np.ndarray, "frame landmark 3"], temporal_sigma: float, range_sigma: float
) -> Float[np.ndarray, "frame landmark 3"]:
    """A bilateral filter over frames (Tomasi and Manduchi 1998), for each landmark by itself.

    `temporal_sigma` counts frames. `range_sigma` is a distance in x and y: a frame in which the landmark lies much
    further away than this has no weight. The first and the last frame are repeated beyond the ends.
    """
    frames, reach = np.arange(len(points)), reach_of(temporal_sigma)
    total, weights = np.zeros_like(points), np.zeros((*points.shape[:2], 1))
    for offset in range(-reach, reach + 1):
        other = points[np.clip(frames + offset, 0, len(frames) - 1)]
        distance = ((other - points)[..., :2] ** 2).sum(-1, keepdims=True)
        weight = np.exp(-0.5 * (offset / temporal_sigma) ** 2 - 0.5 * distance / range_sigma**2)
        total, weights = total + weight * other, weights + weight
    return total / weights
