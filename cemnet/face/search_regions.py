"""Regions of an image in which faces are searched: turned squares, the likely ones first."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from .landmark_indices import OUTER_EYE_CORNERS

SMALLEST_TILE = 160  # pixels; a face in a smaller tile is too small to animate anyway
RIGHT_EYE_CORNER, LEFT_EYE_CORNER = OUTER_EYE_CORNERS


@dataclass(frozen=True)
class Region:
    """A turned square of the image, in pixels; the angle is clockwise as seen, in radians."""

    centre: Float[np.ndarray, "2"]
    side: float
    angle: float = 0.0

    def to_crop(self, size: int) -> Float[np.ndarray, "2 3"]:
        """The affine map from image pixels to a size × size crop that shows the region upright."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        linear = np.array([[cosine, sine], [-sine, cosine]]) * (size / self.side)
        return np.concatenate([linear, (size / 2 - linear @ self.centre)[:, None]], axis=1)

    def close_to(self, other: "Region") -> bool:
        """Whether both show the same face."""
        distance = np.linalg.norm(self.centre - other.centre)
        return bool(distance < 0.3 * max(self.side, other.side))


class Picture:
    """An image pyramid: halved copies, so that a crop of a large region does not alias."""

    def __init__(self, image: UInt8[np.ndarray, "height width 3"]):
        self.levels = [np.ascontiguousarray(image)]

    def crop(self, region: Region, size: int) -> Float[np.ndarray, "size size 3"]:
        """The region upright, 0 to 1, black outside the image."""
        level = int(np.log2(max(region.side / size, 1)))
        while len(self.levels) <= level and min(self.levels[-1].shape[:2]) >= 2:
            height, width = self.levels[-1].shape[:2]
            self.levels.append(cv2.resize(self.levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA))
        source = self.levels[min(level, len(self.levels) - 1)]
        matrix = region.to_crop(size)
        matrix[:, :2] *= np.array(self.levels[0].shape[1::-1]) / source.shape[1::-1]
        matrix[:, 2] += (
            matrix[:, :2].sum(1) / 2 - 0.5
        )  # OpenCV counts from the centre of the first pixel, we from its edge
        return cv2.warpAffine(source, matrix, (size, size), flags=cv2.INTER_LINEAR).astype(np.float32) / 255


def tiles(height: int, width: int, parts: int, angle: float = 0.0) -> list[Region]:
    """Half-overlapping squares with sides of 1/parts of the image's longer side; none where they would be too small.

    The angle is that of the regions, in radians. With one part there is one square that shows the whole image.
    """
    longer = max(height, width)
    side = longer / parts
    if parts > 1 and side < SMALLEST_TILE:
        return []

    def centres(extent: int) -> np.ndarray:
        if extent <= side:
            return np.array([extent / 2])
        return np.linspace(side / 2, extent - side / 2, int(np.ceil((extent - side) / (side / 2))) + 1)

    return [Region(np.array([x, y]), side, angle) for y in centres(height) for x in centres(width)]


def searches(height: int, width: int) -> Iterator[list[Region]]:
    """Lists of regions to search, in order; a list is needed only where those before it have shown no face."""
    whole = tiles(height, width, 1)[0]
    yield [whole, *tiles(height, width, 2)]
    yield [Region(whole.centre, 1.6 * whole.side)]  # a face that fills or leaves the frame
    yield tiles(height, width, 4)
    for angle in (np.pi / 2, -np.pi / 2, np.pi):
        yield [Region(whole.centre, whole.side, angle), *tiles(height, width, 2, angle)]
    yield tiles(height, width, 8)


def region_of_landmarks(points: Float[np.ndarray, "landmark 2"]) -> Region:
    """The region that MediaPipe tracks: the upright box of the landmarks, widened by half."""
    eyes = points[LEFT_EYE_CORNER] - points[RIGHT_EYE_CORNER]
    angle = float(np.arctan2(eyes[1], eyes[0]))
    upright = Region(np.zeros(2), 1.0, angle).to_crop(1)[:, :2]
    turned = points @ upright.T
    low, high = turned.min(0), turned.max(0)
    return Region((low + high) / 2 @ upright, 1.5 * float((high - low).max()), angle)
