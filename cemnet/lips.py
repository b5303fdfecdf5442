"""Lips that part along a cut: above it skin follows the upper field, below it the lower one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .landmark_sets import LOWER_INNER_LIP, UPPER_INNER_LIP
from .pixel_box import PixelBox, node_flow_at, sample_pixels
from .slits import OPEN_APERTURE, Slit, smooth_curve
from .warp import FaceWarp

BOX_MARGIN = ((0.35, 0.4), (0.35, 1.05))  # of the mouth's width: left and above, right and below
WEDGE_SLOPE = 0.7  # half-height of the blend between the fields per unit of distance beyond a corner
TEETH_RIM = 2.0  # canvas units
SEAM_SOFTNESS = 1.0  # canvas units over which one lip gives way to the other where they touch


@dataclass(frozen=True)
class Lips:
    """The mouth's slit in a portrait, in canvas units, and the pixels around it."""

    slit: Slit
    rim: Float[np.ndarray, "dense 2"]  # how far the slit reaches beyond the landmarks, canvas units
    box: PixelBox
    box_nodes: Float[np.ndarray, "height width 2"]  # fractional node coordinates of the box's pixels
    node_points: Float[np.ndarray, "row column 2"]  # canvas positions of the warp's nodes

    @classmethod
    def build(cls, warp: FaceWarp, landmarks: Float[np.ndarray, "landmark 2"]) -> "Lips":
        upper, lower = smooth_curve(landmarks[list(UPPER_INNER_LIP)]), smooth_curve(landmarks[list(LOWER_INNER_LIP)])
        slit = Slit.between(upper, lower)
        # Landmarks run along the inside of the lips; where teeth show, their rim must not move with the lip.
        rim = TEETH_RIM * slit.shows_teeth * np.sin(np.linspace(0, np.pi, len(upper)))[:, None] * [0, 1]
        slit = Slit.between(slit.upper - rim, slit.lower + rim)
        outline, (above, below) = slit.outline(), slit.width * np.array(BOX_MARGIN)
        box = PixelBox.around(warp.canvas, outline.min(0) - above, outline.max(0) + below)
        return cls(slit, rim, box, warp.node_coordinates(np.stack([box.x, box.y], -1)), warp.node_positions())

    def moved(self, warp: FaceWarp, forward: Float[np.ndarray, "2 row column 2"]) -> Slit:
        """The slit where the fields really carry it, so that cut and flow agree."""
        upper = self.slit.upper + warp.sample(forward[0], self.slit.upper)
        lower = self.slit.lower + warp.sample(forward[1], self.slit.lower)
        moved = Slit.between(upper + self.rim, lower - self.rim)
        shut = self.rim * (1 - min(moved.aperture / max(OPEN_APERTURE[0], 1e-3), 1))  # lips that meet cover the rim
        return Slit.between(upper + shut, lower - shut)

    def blend(self, slit: Slit, backward: Float[np.ndarray, "2 row column 2"]) -> Float[np.ndarray, "row column 2"]:
        """One flow for everything but the mouth's own box."""
        x, y = self.node_points[..., 0], self.node_points[..., 1]
        middle, beyond = cut_line(slit, x)
        share = np.where(beyond > 0, wedge(middle - y, beyond), middle > y)[..., None].astype(np.float32)
        return backward[1] + share * (backward[0] - backward[1])

    def skin(
        self,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        warp: FaceWarp,
        slit: Slit,
        backward: Float[np.ndarray, "2 row column 2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """The box's pixels, each moved by the field of its own side of the slit; beyond the corners the fields mix."""
        box = self.box
        upper, lower = (node_flow_at(warp, side, self.box_nodes) for side in backward)
        middle, beyond = box.curves(*cut_line(slit, box.table_x))
        mixed = wedge(middle - box.y, beyond)
        outside = beyond > 1e-3
        above, below = np.where(outside, mixed, 1)[..., None], np.where(outside, mixed, 0)[..., None]
        top = sample_pixels(crop, box.position + lower + above * (upper - lower))
        bottom = sample_pixels(crop, box.position + lower + below * (upper - lower))
        return bottom + np.clip((middle - box.y) / SEAM_SOFTNESS + 0.5, 0, 1)[..., None] * (top - bottom)


def cut_line(slit: Slit, x: Float[np.ndarray, "*shape"]) -> tuple[np.ndarray, np.ndarray]:
    """The height of the cut at x, and how far x lies beyond the mouth's corners."""
    upper, lower = slit.heights(x)
    return (upper + lower) / 2, np.maximum(np.maximum(slit.left - x, x - slit.right), 0)


def wedge(height: Float[np.ndarray, "*shape"], beyond: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The upper field's share at a height above the cut, beside the mouth."""
    ramp = np.clip(height / (2 * WEDGE_SLOPE * beyond + 1e-3) + 0.5, 0, 1).astype(np.float32)
    return ramp * ramp * (3 - 2 * ramp)
