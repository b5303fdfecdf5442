"""The curves along which the face parts: lips and lids, as y(x) between two corners.

All positions are in canvas units (see warp.FaceCanvas), where the face is upright.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

from .pixel_box import PixelBox

POINTS_PER_CURVE = 33
OPEN_APERTURE = (0.03, 0.07)  # a mouth counts as closed below, as open above
ACROSS = np.linspace(0, 1, 17)  # of a contour's width: where its opening is measured


@cache
def curve_matrix(num_points: int) -> np.ndarray:
    """Turns a curve's landmarks into POINTS_PER_CURVE points of a smooth curve through them."""
    spline = CubicSpline(np.arange(num_points), np.eye(num_points), bc_type="natural")
    return spline(np.linspace(0, num_points - 1, POINTS_PER_CURVE)).astype(np.float32)


def smooth_curve(points: Float[np.ndarray, "*curve point 2"]) -> Float[np.ndarray, "*curve dense 2"]:
    """Smooth curves through a few landmarks each; x never runs backwards."""
    return forward_in_x(curve_matrix(points.shape[-2]) @ points.astype(np.float32))


def forward_in_x(curve: Float[np.ndarray, "*curve dense 2"]) -> Float[np.ndarray, "*curve dense 2"]:
    forward = curve.astype(np.float32)
    forward[..., 0] = np.maximum.accumulate(curve[..., 0], -1) + np.arange(curve.shape[-2]) * 1e-3
    return forward


@dataclass(frozen=True)
class SimilarityTransform:
    """How the head's turn carries a feature: a similarity of the canvas, fixed by the feature's two corners."""

    along: tuple[float, float]  # cosine and sine, times the change of size
    shift: Float[np.ndarray, "2"]

    @classmethod
    def of_corners(cls, corners: Float[np.ndarray, "2 2"], by_head: Float[np.ndarray, "2 2"]) -> "SimilarityTransform":
        before, after = corners[1] - corners[0], corners[1] - corners[0] + by_head[1] - by_head[0]
        length = float(before @ before)
        along = float(before @ after) / length, float(before[0] * after[1] - before[1] * after[0]) / length
        matrix = np.array([[along[0], -along[1]], [along[1], along[0]]])
        return cls(along, corners[0] + by_head[0] - matrix @ corners[0])

    def forward(self, points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 2"]:
        cosine, sine = self.along
        return points @ np.array([[cosine, sine], [-sine, cosine]], np.float32) + self.shift.astype(np.float32)

    def backward(self, x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]) -> tuple[np.ndarray, np.ndarray]:
        """Where points come from."""
        (cosine, sine), (right, down) = self.along, self.shift.tolist()
        size = cosine * cosine + sine * sine
        x, y = x - right, y - down
        return (x * (cosine / size) + y * (sine / size)), (y * (cosine / size) - x * (sine / size))


@dataclass(frozen=True)
class OpeningContour:
    """A pair of smooth curves from the left corner to the right one, the upper never below the lower."""

    upper: Float[np.ndarray, "dense 2"]
    lower: Float[np.ndarray, "dense 2"]

    @classmethod
    def between(cls, upper: Float[np.ndarray, "dense 2"], lower: Float[np.ndarray, "dense 2"]) -> "OpeningContour":
        """Curves that pass each other meet halfway instead."""
        above, below = forward_in_x(upper), forward_in_x(lower)
        below_at = np.interp(above[:, 0], below[:, 0], below[:, 1])
        above_at = np.interp(below[:, 0], above[:, 0], above[:, 1])
        above[:, 1] = np.minimum(above[:, 1], (above[:, 1] + below_at) / 2)
        below[:, 1] = np.maximum(below[:, 1], (below[:, 1] + above_at) / 2)
        return cls(above, below)

    def carried(self, carry: SimilarityTransform) -> "OpeningContour":
        return OpeningContour(carry.forward(self.upper), carry.forward(self.lower))

    @cached_property
    def left(self) -> float:
        return float(min(self.upper[0, 0], self.lower[0, 0]))

    @cached_property
    def right(self) -> float:
        return float(max(self.upper[-1, 0], self.lower[-1, 0]))

    @property
    def width(self) -> float:
        return max(self.right - self.left, 1e-3)

    @cached_property
    def aperture(self) -> float:
        """Mean opening over the width, as a share of the width."""
        upper, lower = self.heights(self.left + ACROSS * (self.right - self.left))
        return float(np.maximum(lower - upper, 0).mean() / self.width)

    @property
    def shows_teeth(self) -> float:
        """1 for an open mouth, 0 for closed lips."""
        low, high = OPEN_APERTURE
        return float(np.clip((self.aperture - low) / (high - low), 0, 1))

    def heights(self, x: Float[np.ndarray, "*shape"]) -> tuple[np.ndarray, np.ndarray]:
        """y of the upper and the lower curve at x, level beyond the corners."""
        upper = np.interp(x, self.upper[:, 0], self.upper[:, 1])
        return upper, np.interp(x, self.lower[:, 0], self.lower[:, 1])

    def on_table(self, box: PixelBox) -> tuple[np.ndarray, np.ndarray]:
        """`heights` at the columns of a box' table: a frame needs them several times."""
        known = self._on_tables.get(id(box.table_x))
        if known is None:
            known = self._on_tables[id(box.table_x)] = (box.table_x, self.heights(box.table_x))
        return known[1]

    @cached_property
    def _on_tables(self) -> dict[int, tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]]:
        return {}  # the arrays are kept, so that no other one gets their identity

    def outline(self) -> Float[np.ndarray, "closed 2"]:
        return np.concatenate([self.upper, self.lower[::-1]])

    def part_of(self, box: PixelBox, softness: float) -> PixelBox:
        """As much of a box as the opening's `mask` reaches."""
        outline, reach = self.outline(), (3 * softness + 2) * units_a_pixel(box)
        return box.part(outline.min(0) - reach, outline.max(0) + reach)

    def mask(self, box: PixelBox, softness: float) -> Float[np.ndarray, "height width"]:
        """The opening as an anti-aliased mask of a box of pixels; `softness` is a blur in pixels."""
        outline = self.outline() @ box.to_box[:, :2].T + box.to_box[:, 2]
        mask = np.zeros(box.x.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
        if softness > 0:
            mask = cv2.GaussianBlur(mask, (0, 0), softness)
        # A polygon without area is still drawn one pixel wide; where the curves touch nothing is open.
        upper, lower = self.on_table(box)
        (openness,) = box.curves(np.clip((lower - upper) / units_a_pixel(box) - 0.25, 0, 1))
        return mask.astype(np.float32) / 255 * openness


def units_a_pixel(box: PixelBox) -> float:
    """Canvas units along a pixel's side."""
    return 1 / float(np.hypot(box.to_box[0, 0], box.to_box[1, 0]))
