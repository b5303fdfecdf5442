"""Lids that close over an eyeball which stays where it is.

The skin around an eye follows the face's field. On top of it each column of pixels slides: the upper lid's margin is
carried rigidly to its target, the skin between it and the brow stretches after it, and likewise below the lower lid.
Each slide is monotone by construction, so a lid never folds. Between the margins the eyeball shows (see gaze.py).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from ...curves import smoothstep
from ..pixel_box import node_flow_at, sample_pixels
from ..skin_light import unfolded_share
from ..warp import FaceWarp
from .eye import CLOSING, PosedEye
from .gaze import eyeball_pixels

# The skin that stretches and squeezes. By eye, on the bundled portraits. With a smoothstep the slide stays monotone
# while the motion is less than twice the height of the skin that stretches.
MOST_STRETCH = 0.9  # the least height of stretching skin, as a share of how far the lid moves
LEAST_SKIN = 1.0  # canvas units, its least height for a lid that does not move
MOST_SQUEEZE = 0.5  # of the height of the skin above a lid that rises
CORNER_TAPER = 0.04  # of the eye's width, inside each corner: over this the slide grows from nothing

# The edges between lids and eyeball. By eye, on the bundled portraits.
MASK_SOFTNESS = 0.4  # canvas units of blur
SEAM_SOFTNESS = 1.0  # canvas units over which one lid gives way to the other where they touch
# The part of the opening that a closing lid leaves behind, because landmarks run inside of it: in canvas units and in
# pixels, of which the larger counts. By eye, on blinks.
LEFT_BEHIND_ABOVE, LEFT_BEHIND_BELOW = (0.3, 0.7), (1.8, 1.6)

# Cleaning a closing upper lid of lashes and creases, which stretching would smear. By eye, on blinks.
LASH_LINE = 1.5  # canvas units: the dark line along the margin, which stays
CLEAN_REACH = 0.3  # of the eye's width above the margin: the lid is cleaned so far, then ever less over as much again
LEAST_LID_HEIGHT = 1.0  # canvas units that an eye counts as open, for the share by which it closes


@dataclass(frozen=True)
class LidSlides:
    """How far the skin of both lids has slid down at each pixel of a box, in canvas units."""

    upper: Float[np.ndarray, "height width"]
    lower: Float[np.ndarray, "height width"]
    middle: Float[np.ndarray, "height width"]  # y of the line between the lids


def draw_eye(posed: PosedEye) -> tuple[tuple[slice, slice], Float[np.ndarray, "height width channel"]]:
    """An eye of a frame: rows and columns of the crop, and their pixels (0 to 1)."""
    pixels = lid_pixels(posed)
    softness = MASK_SOFTNESS * posed.skin.warp.canvas.pixels_per_unit
    opening = posed.lids.part_of(posed.box, softness)
    mask = posed.lids.mask(opening, softness)[..., None]
    if mask.any():
        seen = pixels[opening.place_in(posed.box)]
        seen += mask * (eyeball_pixels(posed, opening) - seen)
    return posed.box.area, pixels


def lid_pixels(posed: PosedEye) -> Float[np.ndarray, "height width channel"]:
    """The eye's box of pixels with the skin of both lids, each sampled in the rows where it shows."""
    skin, box = posed.skin, posed.box
    slides = lid_slides(posed, posed.closing * coarse_units(skin.warp, LEFT_BEHIND_ABOVE, LEFT_BEHIND_BELOW))
    above = np.clip((slides.middle - box.y) / SEAM_SOFTNESS + 0.5, 0, 1)
    end, start = len(above) - int(np.argmax(above.max(1)[::-1] > 0)), int(np.argmax(above.min(1) < 1))

    def came_from(slide, rows):
        slide = slide[rows, :, None]
        flow = node_flow_at(skin.warp, skin.backward, box.nodes[rows] - slide * skin.warp.to_nodes[:, 1])
        return box.position[rows] - slide * skin.warp.canvas.to_source[:, 1] + flow

    upper_rows, lower_rows, seam = slice(0, end), slice(start, len(above)), slice(start, end)

    def joined(upper, lower):
        share = above[seam] if upper.ndim == 2 else above[seam, :, None]
        mixed = lower[: end - start] + share * (upper[seam] - lower[: end - start])
        return np.concatenate([upper[:start], mixed, lower[end - start :]])

    from_upper, from_lower = came_from(slides.upper, upper_rows), came_from(slides.lower, lower_rows)
    upper = cleaned_lid(posed, sample_pixels(skin.crop, from_upper), from_upper)
    pixels = joined(upper, sample_pixels(skin.crop, from_lower))
    if skin.light is not None:
        growth = joined(growth_of(slides.upper, skin.warp)[upper_rows], growth_of(slides.lower, skin.warp)[lower_rows])
        skin.light.light_lids(pixels, joined(from_upper, from_lower), box.area, unfolded_share(growth))
    return pixels


def growth_of(slide: Float[np.ndarray, "height width"], warp: FaceWarp) -> Float[np.ndarray, "height width"]:
    """How much longer the skin of a lid gets down the face, as a share of its length."""
    by_column, by_row = (cv2.Sobel(slide, cv2.CV_32F, 1 - axis, axis, ksize=1, scale=0.5) for axis in (0, 1))
    right, down = warp.canvas.to_source[:, 1]  # pixels of a canvas unit down the face
    return right * by_column + down * by_row


def lid_slides(posed: PosedEye, left_behind: Float[np.ndarray, "2"]) -> LidSlides:
    """The slides of both lids: their skin begins at the carried margins, or `left_behind` above and below them."""
    box, lids = posed.box, posed.lids
    x = box.table_x
    (upper, lower), (from_upper, from_lower) = posed.lid_heights, posed.carried_heights
    from_upper, from_lower = from_upper - left_behind[0], from_lower + left_behind[1]
    brow_y, cheek_y = (np.interp(x, curve[:, 0], curve[:, 1]) for curve in (posed.brow, posed.cheek))
    inside = np.clip(np.minimum(x - lids.left, lids.right - x) / (CORNER_TAPER * lids.width) + 1, 0, 1)
    down, up = (upper - from_upper) * inside, (lower - from_lower) * inside
    span_above = np.maximum(from_upper - brow_y, np.maximum(MOST_STRETCH * down, LEAST_SKIN))
    span_below = np.maximum(cheek_y - from_lower, np.maximum(-MOST_STRETCH * up, LEAST_SKIN))
    down, up = np.maximum(down, -MOST_SQUEEZE * span_above), np.minimum(up, MOST_SQUEEZE * span_below)
    brow_y, cheek_y = from_upper - span_above, from_lower + span_below
    brow_y, span, slide, middle = box.curves(brow_y, span_above + down, down, (upper + lower) / 2)
    upper_slide = slide * smoothstep((box.y - brow_y) / span)
    cheek_y, span, slide = box.curves(cheek_y, span_below - up, up)
    return LidSlides(upper_slide, slide * smoothstep((cheek_y - box.y) / span), middle)


def cleaned_lid(
    posed: PosedEye, skin: Float[np.ndarray, "uppermost width channel"], where: Float[np.ndarray, "uppermost width 2"]
) -> Float[np.ndarray, "uppermost width channel"]:
    """The upper lid's skin without lashes and creases where it closes; its margin stays.

    `skin` are the uppermost rows of the eye's box, and `where` the pixels of the crop that they were sampled from.
    """
    box, eye = posed.box, posed.eye
    upper, before = posed.lid_heights[0], posed.carried_heights[0]
    least, full = CLOSING
    closing = smoothstep(((upper - before) / max(eye.height, LEAST_LID_HEIGHT) - least) / (full - least))
    if not closing.any():
        return skin
    above, closing = box.curves(upper, closing)
    above -= box.y
    reach = CLEAN_REACH * eye.contour.width
    share = closing * smoothstep(above / LASH_LINE - 0.5) * smoothstep((2 * reach - above) / reach)
    share = share[: len(skin)]
    clean = sample_pixels(eye.hidden.lid_skin, eye.hidden.local(where))
    return skin + share[..., None] * (clean - skin)


def coarse_units(warp: FaceWarp, *lengths: tuple[float, float]) -> Float[np.ndarray, "length"]:
    """Lengths in canvas units, each given in canvas units and in pixels: the larger of the two."""
    return np.array([max(units, pixels / warp.canvas.pixels_per_unit) for units, pixels in lengths])
