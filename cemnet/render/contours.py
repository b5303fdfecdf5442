"""The opening contours of mouth and eyes: two curves y(x) between two corners, along which the face parts.

All positions are in canvas units (see canvas.FaceCanvas), where the face is upright.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

from .pixel_box import PixelBox, reduced_size, scaled_map, working_scale

# How contours are sampled. By eye, on the bundled portraits.
POINTS_PER_CURVE = 33
ACROSS = np.linspace(0, 1, 17)  # where an opening is measured, as shares of its width
FORWARD_STEP = 1e-3  # canvas units by which x rises at least from point to point

# Apertures (see OpeningContour.aperture) below which a mouth counts as closed and above which as open. By eye, on the
# bundled portraits.
OPEN_APERTURE = (0.03, 0.07)
SMALLEST_WIDTH = 1e-3  # canvas units; keeps divisions finite

# Masks. OpenCV takes corners of polygons as whole numbers: with SUBPIXEL_BITS they are sixteenths of a pixel.
SUBPIXEL_BITS = 4
MASK_REACH, MASK_MARGIN = 3, 2  # a blurred mask ends at so many sigmas, plus pixels
CLOSED_GAP = 0.25  # pixels: where the two curves are this near the opening counts as closed


@cache
def curve_matrix(num_points: int) -> np.ndarray:
    """The matrix that turns the landmarks of a curve into POINTS_PER_CURVE points of a natural cubic spline."""
    spline = CubicSpline(np.arange(num_points), np.eye(num_points), bc_type="natural")
    return spline(np.linspace(0, num_points - 1, POINTS_PER_CURVE)).astype(np.float32)


def smooth_curve(points: Float[np.ndarray, "*curve point 2"]) -> Float[np.ndarray, "*curve dense 2"]:
    """Smooth curves through a few landmarks each; x never runs backwards. Units stay."""
    return forward_in_x(curve_matrix(points.shape[-2]) @ points.astype(np.float32))


def forward_in_x(curve: Float[np.ndarray, "*curve dense 2"]) -> Float[np.ndarray, "*curve dense 2"]:
    """Curves whose x rises from point to point (canvas units), as y(x) needs it."""
    forward = curve.astype(np.float32)
    forward[..., 0] = np.maximum.accumulate(curve[..., 0], -1) + np.arange(curve.shape[-2]) * FORWARD_STEP
    return forward


@dataclass(frozen=True)
class SimilarityTransform:
    """A rotation, a change of size and a shift of the canvas: how a turn of the head carries the mouth or an eye."""

    cosine: float  # of the rotation, times the change of size
    sine: float
    shift: Float[np.ndarray, "2"]  # canvas units

    @classmethod
    def of_corners(cls, corners: Float[np.ndarray, "2 2"], by_head: Float[np.ndarray, "2 2"]) -> "SimilarityTransform":
        """The only one that moves the two corners of a feature by their displacements `by_head`; canvas units."""
        before, after = corners[1] - corners[0], corners[1] - corners[0] + by_head[1] - by_head[0]
        length = float(before @ before)
        cosine = float(before @ after) / length
        sine = float(before[0] * after[1] - before[1] * after[0]) / length
        matrix = np.array([[cosine, -sine], [sine, cosine]])
        return cls(cosine, sine, corners[0] + by_head[0] - matrix @ corners[0])

    @classmethod
    def fitting(
        cls, before: Float[np.ndarray, "point 2"], after: Float[np.ndarray, "point 2"]
    ) -> "SimilarityTransform":
        """The one that carries points to others with the least squared error; canvas units."""
        middle, there = before.mean(0), after.mean(0)
        from_middle, around = before - middle, after - there
        size = max(float((from_middle**2).sum()), SMALLEST_WIDTH)
        cosine = float((from_middle * around).sum()) / size
        sine = float((from_middle[:, 0] * around[:, 1] - from_middle[:, 1] * around[:, 0]).sum()) / size
        matrix = np.array([[cosine, -sine], [sine, cosine]])
        return cls(cosine, sine, there - matrix @ middle)

    def forward(self, points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 2"]:
        """Where points go."""
        matrix = np.array([[self.cosine, self.sine], [-self.sine, self.cosine]], np.float32)
        return points @ matrix + self.shift.astype(np.float32)

    def backward(self, x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]) -> tuple[np.ndarray, np.ndarray]:
        """Where points come from, as x and y: the inverse of `forward`."""
        right, down = self.shift.tolist()
        size = self.cosine * self.cosine + self.sine * self.sine
        cosine, sine = self.cosine / size, self.sine / size
        x, y = x - right, y - down
        return (x * cosine + y * sine), (y * cosine - x * sine)


@dataclass(frozen=True)
class OpeningContour:
    """The opening between two lips or two lids: smooth curves from the left corner to the right one.

    The upper curve never lies below the lower one.
    """

    upper: Float[np.ndarray, "dense 2"]
    lower: Float[np.ndarray, "dense 2"]

    @classmethod
    def between(cls, upper: Float[np.ndarray, "dense 2"], lower: Float[np.ndarray, "dense 2"]) -> "OpeningContour":
        """The opening between two curves; where they pass each other they meet halfway instead."""
        above, below = forward_in_x(upper), forward_in_x(lower)
        below_at = np.interp(above[:, 0], below[:, 0], below[:, 1])
        above_at = np.interp(below[:, 0], above[:, 0], above[:, 1])
        above[:, 1] = np.minimum(above[:, 1], (above[:, 1] + below_at) / 2)
        below[:, 1] = np.maximum(below[:, 1], (below[:, 1] + above_at) / 2)
        return cls(above, below)

    def transformed(self, transform: SimilarityTransform) -> "OpeningContour":
        """The same opening after a similarity transform."""
        return OpeningContour(transform.forward(self.upper), transform.forward(self.lower))

    @cached_property
    def left(self) -> float:
        """x of the left corner."""
        return float(min(self.upper[0, 0], self.lower[0, 0]))

    @cached_property
    def right(self) -> float:
        """x of the right corner."""
        return float(max(self.upper[-1, 0], self.lower[-1, 0]))

    @property
    def width(self) -> float:
        """Distance of the corners along x."""
        return max(self.right - self.left, SMALLEST_WIDTH)

    @cached_property
    def aperture(self) -> float:
        """Mean height of the opening, as a share of its width."""
        upper, lower = self.heights(self.left + ACROSS * (self.right - self.left))
        return float(np.maximum(lower - upper, 0).mean() / self.width)

    @property
    def shows_teeth(self) -> float:
        """1 for an open mouth, 0 for closed lips, and between them where an aperture lies within OPEN_APERTURE."""
        low, high = OPEN_APERTURE
        return float(np.clip((self.aperture - low) / (high - low), 0, 1))

    def heights(self, x: Float[np.ndarray, "*shape"]) -> tuple[np.ndarray, np.ndarray]:
        """y of the upper and of the lower curve at x; beyond the corners both are level."""
        upper = np.interp(x, self.upper[:, 0], self.upper[:, 1])
        return upper, np.interp(x, self.lower[:, 0], self.lower[:, 1])

    def outline(self) -> Float[np.ndarray, "closed 2"]:
        """Both curves as one polygon."""
        return np.concatenate([self.upper, self.lower[::-1]])

    def part_of(self, box: PixelBox, softness: float) -> PixelBox:
        """The part of a box that the opening's `mask` reaches; `softness` as there."""
        outline, reach = self.outline(), (MASK_REACH * softness + MASK_MARGIN) * box.units_per_pixel
        return box.part(outline.min(0) - reach, outline.max(0) + reach)

    def mask(self, box: PixelBox, softness: float) -> Float[np.ndarray, "height width"]:
        """The opening as a mask of a box of pixels, 0 to 1 and anti-aliased; `softness` is a blur in pixels (sigma)."""
        shape = box.x.shape
        scale = working_scale(box.pixels_per_unit) if softness > 0 else 1.0
        size = reduced_size(shape[::-1], scale)
        to_mask = scaled_map(box.to_box, shape[::-1], size)
        outline = self.outline() @ to_mask[:, :2].T + to_mask[:, 2]
        mask = np.zeros(size[::-1], np.uint8)
        cv2.fillPoly(mask, [np.round(outline * 2**SUBPIXEL_BITS).astype(np.int32)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
        if softness > 0:
            mask = cv2.GaussianBlur(mask, (0, 0), softness * scale)
        if mask.shape != shape:
            mask = cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_LINEAR)
        # A polygon without area is still drawn one pixel wide; where the curves touch nothing is open.
        upper, lower = self.heights(box.table_x)
        (openness,) = box.curves(np.clip((lower - upper) / box.units_per_pixel - CLOSED_GAP, 0, 1))
        return mask.astype(np.float32) / 255 * openness
