"""Lips that part along a cut: above it skin follows the upper field, below it the lower one."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from ...curves import smoothstep
from ...face.landmark_indices import LOWER_INNER_LIP, UPPER_INNER_LIP
from ..canvas import FaceCanvas
from ..contours import OPEN_APERTURE, OpeningContour, smooth_curve
from ..displacement_field import read_at
from ..pixel_box import PixelBox, node_flow_at, reduced_size, sample_pixels, working_scale
from ..warp import FaceWarp

# The boxes of pixels that a mouth needs, in widths of the mouth. By eye, on the bundled portraits.
HEAD_REACH = ((1.0, 1.0), (1.0, 1.8))  # x and y: how far head and jaw may carry it to the upper left, the lower right
BOX_MARGIN = (0.3, 0.25)  # beside the moved contour, and above and below it

# The cut. By eye, on the bundled portraits.
WEDGE_SLOPE = 0.7  # half-height of the blend between the fields per unit of distance beyond a corner
TEETH_RIM = 2.0  # canvas units that the contour of an open mouth lies outside of the landmarks
LIP_BLEND = 1.0  # canvas units over which one lip gives way to the other where they touch

# The dark seam between closed lips. By eye, on the bundled portraits. Costs have no unit: light counts against the mean
# contrast across the seam, an offset from the landmarks against SEAM_REACH.
SEAM_REACH = 0.07  # of the mouth's width: how far the seam may lie from the landmarks
SEAM_OFFSETS = 21  # places across it that are compared
SEAM_BLUR = (0.6, 0.5)  # of the picture, in canvas units and in pixels, of which the larger counts
LEAST_CONTRAST = 1e-3  # of light from 0 to 1: in a picture without contrast the seam follows the landmarks
SEAM_NEARNESS, CORNER_NEARNESS = 0.5, 20.0  # cost of a squared offset, everywhere and in addition at the corners
SEAM_STIFFNESS = 3.0  # cost of a squared step


@dataclass(frozen=True)
class Lips:
    """The opening contour of a portrait's mouth, in canvas units, and the pixels around it."""

    contour: OpeningContour
    rim: Float[np.ndarray, "dense 2"]  # how far the contour reaches beyond the landmarks, canvas units
    box: PixelBox
    node_points: Float[np.ndarray, "row column 2"]  # canvas positions of the warp's nodes

    @classmethod
    def build(
        cls,
        warp: FaceWarp,
        landmarks: Float[np.ndarray, "landmark 2"],
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "Lips":
        """Precomputes what no frame changes; landmarks in canvas units. Closed lips part along their dark seam."""
        upper, lower = smooth_curve(landmarks[list(UPPER_INNER_LIP)]), smooth_curve(landmarks[list(LOWER_INNER_LIP)])
        contour = OpeningContour.between(upper, lower)
        if contour.shows_teeth == 0:
            seam = dark_seam(crop, warp.canvas, (contour.upper + contour.lower) / 2)
            contour = OpeningContour(seam, seam)
        # Landmarks run along the inside of the lips; the rim where teeth begin must not move with the lip.
        rim = TEETH_RIM * contour.shows_teeth * np.sin(np.linspace(0, np.pi, len(upper)))[:, None] * [0, 1]
        contour = OpeningContour.between(contour.upper - rim, contour.lower + rim)
        outline, (above, below) = contour.outline(), contour.width * np.array(HEAD_REACH)
        box = PixelBox.around(warp, outline.min(0) - above, outline.max(0) + below)
        return cls(contour, rim, box, warp.node_positions())

    def moved(self, warp: FaceWarp, forward: Float[np.ndarray, "2 row column 2"]) -> OpeningContour:
        """The contour where the upper and the lower field carry it, so that cut and flow agree."""
        upper = self.contour.upper + warp.sample(forward[0], self.contour.upper)
        lower = self.contour.lower + warp.sample(forward[1], self.contour.lower)
        moved = OpeningContour.between(upper + self.rim, lower - self.rim)
        shut = self.rim * (1 - min(moved.aperture / max(OPEN_APERTURE[0], 1e-3), 1))  # lips that meet cover the rim
        return OpeningContour.between(upper + shut, lower - shut)

    def blend(
        self, contour: OpeningContour, backward: Float[np.ndarray, "2 row column 2"]
    ) -> Float[np.ndarray, "row column 2"]:
        """One flow for everything but the mouth's own box, from the flows of both sides."""
        x, y = self.node_points[..., 0], self.node_points[..., 1]
        middle, beyond = cut_line(contour, x)
        share = np.where(beyond > 0, wedge(middle - y, beyond), middle > y)[..., None].astype(np.float32)
        return backward[1] + share * (backward[0] - backward[1])

    def moved_box(self, contour: OpeningContour) -> PixelBox:
        """The pixels around the moved contour."""
        outline, margin = contour.outline(), self.contour.width * np.array(BOX_MARGIN)
        return self.box.part(outline.min(0) - margin, outline.max(0) + margin)

    def skin(
        self,
        box: PixelBox,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        warp: FaceWarp,
        contour: OpeningContour,
        backward: Float[np.ndarray, "2 row column 2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """The pixels of a box, each moved by the flow of its side of the contour; flows mix beyond the corners."""
        upper, lower = (node_flow_at(warp, side, box.nodes) for side in backward)
        middle, beyond = box.curves(*cut_line(contour, box.table_x))
        mixed = wedge(middle - box.y, beyond)
        outside = beyond > 1e-3
        above, below = np.where(outside, mixed, 1)[..., None], np.where(outside, mixed, 0)[..., None]
        top = sample_pixels(crop, box.position + lower + above * (upper - lower))
        bottom = sample_pixels(crop, box.position + lower + below * (upper - lower))
        return bottom + np.clip((middle - box.y) / LIP_BLEND + 0.5, 0, 1)[..., None] * (top - bottom)


def dark_seam(
    crop: Float[np.ndarray, "height width channel"], canvas: FaceCanvas, line: Float[np.ndarray, "dense 2"]
) -> Float[np.ndarray, "dense 2"]:
    """The dark line between closed lips, near a line through the landmarks, in canvas units.

    It is the cheapest path from corner to corner over what is dark and near the line.
    """
    reach = SEAM_REACH * (line[-1, 0] - line[0, 0])
    offsets = np.linspace(-reach, reach, SEAM_OFFSETS).astype(np.float32)
    points = line[:, None] + np.stack([np.zeros_like(offsets), offsets], -1)
    pixels = canvas.source_points(points) - np.array(canvas.roi[:2], np.float32)
    units, least = SEAM_BLUR
    scale, size = working_scale(canvas.pixels_per_unit), crop.shape[1::-1]
    grey = crop[..., :3].mean(-1)
    if scale < 1:
        grey = cv2.resize(grey, reduced_size(size, scale), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey, (0, 0), max(units * scale * canvas.pixels_per_unit, least))
    reduced = np.array(grey.shape[::-1], np.float32) / np.array(size, np.float32)
    light = read_at(grey, (pixels + np.float32(0.5)) * reduced - np.float32(0.5))
    contrast = max(float(np.ptp(light, axis=1).mean()), LEAST_CONTRAST)
    near_corner = np.clip(4 * np.abs(np.linspace(-1, 1, len(line))) - 3, 0, 1)[:, None]
    cost = light / contrast + (SEAM_NEARNESS + CORNER_NEARNESS * near_corner) * (offsets / reach) ** 2
    path = cheapest_path(cost, SEAM_STIFFNESS * ((offsets[:, None] - offsets[None]) / reach) ** 2)
    seam = line.copy()
    seam[:, 1] += cv2.GaussianBlur(offsets[path][None], (5, 1), 1.0)[0]
    return seam


def cheapest_path(cost: Float[np.ndarray, "step state"], bend: Float[np.ndarray, "state state"]) -> list[int]:
    """The state of every step with the least sum of costs and of `bend` (from, to) between neighbouring steps.

    Dynamic programming (Viterbi).
    """
    total, arrivals = cost[0], []
    for column in cost[1:]:
        through = total[:, None] + bend
        arrivals.append(through.argmin(0))
        total = through.min(0) + column
    path = [int(total.argmin())]
    for arrival in reversed(arrivals):
        path.append(int(arrival[path[-1]]))
    return path[::-1]


def cut_line(contour: OpeningContour, x: Float[np.ndarray, "*shape"]) -> tuple[np.ndarray, np.ndarray]:
    """y of the cut at x, and how far x lies beyond the mouth's corners (0 between them)."""
    upper, lower = contour.heights(x)
    return (upper + lower) / 2, np.maximum(np.maximum(contour.left - x, x - contour.right), 0)


def wedge(height: Float[np.ndarray, "*shape"], beyond: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The share of the upper field, 0 to 1, at a height above the cut and a distance beyond a corner of the mouth."""
    return smoothstep((height / (2 * WEDGE_SLOPE * beyond + 1e-3) + 0.5).astype(np.float32))
