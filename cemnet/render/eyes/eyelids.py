"""Lids that close over an eyeball which stays where it is.

The skin around an eye follows the face's field. On top of it each column of pixels slides: the upper lid's margin is
carried rigidly to its target, the skin between it and the brow stretches after it, and likewise below the lower lid.
Each slide is monotone by construction, so a lid never folds. Between the margins the eyeball shows, moved by gaze;
what the portrait's lids hide of it is completed (see eyeball.py).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ...curves import smoothstep
from ...face.landmark_indices import Lids
from ..contours import ACROSS, OpeningContour, SimilarityTransform, smooth_curve
from ..pixel_box import PixelBox, node_flow_at, sample_pixels
from ..warp import FaceWarp
from .eyeball import HiddenEye

BROW_REACH = 0.85  # the share of the skin from lid to brow that stretches
CHEEK_REACH = 0.45  # of the eye's width: how far below the eye skin stretches
MOST_STRETCH = 0.9  # the least height of stretching skin, as a share of how far the lid moves
MOST_SQUEEZE = 0.5  # of the height of the skin above a lid that rises
HEAD_REACH = 1.0  # of the eye's width: how far the head may carry an eye
MASK_SOFTNESS = 0.4  # canvas units
BOX_MARGIN = 0.2  # of the eye's width, around the skin that stretches
ROUNDNESS = 0.8
SEAM_SOFTNESS = 1.0  # canvas units over which one lid gives way to the other where they touch
COMPLETION = (0.3, 1.3)  # canvas units of turning or uncovering: below, the eye is the portrait's; above, a whole one
COMPLETE_STRETCH = 0.6  # how far a whole eyeball that looks straight still stretches with lids that open wider
STRAIGHT = 3.0  # canvas units; an eye that turns further does not stretch
LID_SHADOW = (0.35, 4.0)  # on a whole eyeball: how dark under the upper lid, and how far down in canvas units
CORNER_SHADOW = (0.45, 0.2)  # and in its corners, over a share of the eye's width
LASH_LINE = 1.5  # canvas units: the dark line along the margin that a closing lid keeps
# What a closing lid leaves behind of the opening, because landmarks run inside it: canvas units, or pixels if coarser.
LEFT_BEHIND_ABOVE, LEFT_BEHIND_BELOW = (0.3, 0.7), (1.8, 1.6)
CORNER_REACH = 0.04  # of the eye's width: how far the opening reaches beyond the landmarks of its corners
CLEANED = (0.1, 0.5)  # of the eye's height: a lid that closes less keeps its lashes and creases, more loses them


@dataclass(frozen=True)
class Eye:
    """One eye of a portrait, in canvas units."""

    lids: Lids
    contour: OpeningContour
    brow: Float[np.ndarray, "dense 2"]  # above this curve lids stretch nothing
    cheek: Float[np.ndarray, "dense 2"]  # below this one
    box: PixelBox
    hidden: HiddenEye

    @classmethod
    def build(
        cls,
        warp: FaceWarp,
        landmarks: Float[np.ndarray, "landmark 2"],
        lids: Lids,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "Eye":
        contour = lid_contour(landmarks, lids)
        brow_edge = landmarks[list(lids.brow_edge)]
        brow_edge = brow_edge[brow_edge[:, 0].argsort()]
        brow, cheek = contour.upper.copy(), contour.lower.copy()
        edge = np.interp(brow[:, 0], brow_edge[:, 0], brow_edge[:, 1])
        brow[:, 1] -= BROW_REACH * np.maximum(brow[:, 1] - edge, 0.12 * contour.width)
        cheek[:, 1] += CHEEK_REACH * contour.width
        low, high = brow.min(0), cheek.max(0)
        reach = HEAD_REACH * contour.width
        box = PixelBox.around(warp, low - reach, high + reach)
        return cls(lids, contour, brow, cheek, box, HiddenEye.build(crop, box, contour, landmarks, lids))

    def render(
        self,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        warp: FaceWarp,
        forward: Float[np.ndarray, "row column 2"],
        backward: Float[np.ndarray, "row column 2"],
        lids: OpeningContour,
        landmarks: Float[np.ndarray, "landmark 2"],
        moved: Float[np.ndarray, "landmark 2"],
        by_head: Float[np.ndarray, "landmark 2"],
    ) -> tuple[tuple[slice, slice], Float[np.ndarray, "height width channel"]]:
        """The eye with its lids moved to `lids`: rows and columns of the crop, and their pixels."""
        curves = np.concatenate([self.contour.upper, self.contour.lower, self.brow, self.cheek])
        upper, lower, brow, cheek = (curves + warp.sample(forward, curves)).reshape(4, -1, 2)
        carried = OpeningContour(upper, lower)
        reach = BOX_MARGIN * self.contour.width
        outline = lids.outline()
        low, high = np.minimum(outline.min(0), brow.min(0)), np.maximum(outline.max(0), cheek.max(0))
        box = self.box.part(low - reach, high + reach)
        pixels = self.skin(crop, warp, backward, box, lids, carried, brow, cheek)
        softness = MASK_SOFTNESS * warp.canvas.pixels_per_unit
        opening = lids.part_of(box, softness)
        mask = lids.mask(opening, softness)[..., None]
        if mask.any():
            corners = list(self.lids.corners)
            carry = SimilarityTransform.of_corners(landmarks[corners], by_head[corners])
            iris = list(self.lids.iris)
            gaze = (moved[iris] - by_head[iris]).mean(0)
            seen = pixels[opening.place_in(box)]
            seen += mask * (self.eyeball(crop, warp, opening, lids, carry, gaze) - seen)
        return box.area, pixels

    def skin(
        self,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        warp: FaceWarp,
        backward: Float[np.ndarray, "row column 2"],
        box: PixelBox,
        lids: OpeningContour,
        carried: OpeningContour,
        brow: Float[np.ndarray, "dense 2"],
        cheek: Float[np.ndarray, "dense 2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """A box of pixels with both lids' skin, each sampled in the rows where it shows."""
        left_behind = self.closing(lids) * coarse_units(warp, LEFT_BEHIND_ABOVE, LEFT_BEHIND_BELOW)
        upper_slide, lower_slide, middle = slides(box, lids, carried, brow, cheek, left_behind)
        above = np.clip((middle - box.y) / SEAM_SOFTNESS + 0.5, 0, 1)
        end, start = len(above) - int(np.argmax(above.max(1)[::-1] > 0)), int(np.argmax(above.min(1) < 1))

        def came_from(slide, rows):
            slide = slide[rows, :, None]
            flow = node_flow_at(warp, backward, box.nodes[rows] - slide * warp.to_nodes[:, 1])
            return box.position[rows] - slide * warp.canvas.to_source[:, 1] + flow

        upper_rows, lower_rows, seam = slice(0, end), slice(start, None), slice(start, end)
        where = came_from(upper_slide, upper_rows)
        upper, lower = sample_pixels(crop, where), sample_pixels(crop, came_from(lower_slide, lower_rows))
        self.clean_lid(upper, where, box, lids, carried)
        mixed = lower[: end - start] + above[seam, :, None] * (upper[seam] - lower[: end - start])
        return np.concatenate([upper[:start], mixed, lower[end - start :]])

    def closing(self, lids: OpeningContour) -> float:
        """From 0 for lids as in the portrait to 1 for closed ones."""
        opening = lids.aperture * lids.width / max(self.contour.aperture * self.contour.width, 1e-3)
        return float(smoothstep(np.array([1 - opening - CLEANED[0]]) / (CLEANED[1] - CLEANED[0]))[0])

    def clean_lid(
        self,
        skin: Float[np.ndarray, "uppermost width channel"],
        where: Float[np.ndarray, "uppermost width 2"],
        box: PixelBox,
        lids: OpeningContour,
        carried: OpeningContour,
    ) -> None:
        """Takes lashes and creases, which stretching would smear, off an upper lid that closes; its margin stays."""
        upper, before = lids.on_table(box)[0], carried.on_table(box)[0]
        height = max(self.contour.aperture * self.contour.width, 1.0)
        closing = smoothstep(((upper - before) / height - CLEANED[0]) / (CLEANED[1] - CLEANED[0]))
        if not closing.any():
            return
        above, closing = box.curves(upper, closing)
        above -= box.y
        reach = 0.3 * self.contour.width
        share = closing * smoothstep(above / LASH_LINE - 0.5) * smoothstep((2 * reach - above) / reach)
        share = share[: len(skin)]
        clean = sample_pixels(self.hidden.lid_skin, self.hidden.local(where))
        skin += share[..., None] * (clean - skin)

    def eyeball(
        self,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        warp: FaceWarp,
        box: PixelBox,
        lids: OpeningContour,
        carry: SimilarityTransform,
        gaze: Float[np.ndarray, "2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """The portrait's eye as it is; where it turns or lids uncover more of it, the completed eyeball."""
        share = 0.0
        if self.hidden.eyeball is not None:
            source, x = self.contour.carried(carry), lids.left + ACROSS * (lids.right - lids.left)
            (upper, lower), (source_upper, source_lower) = lids.heights(x), source.heights(x)
            uncovered = max(float((source_upper - upper).max()), float((lower - source_lower).max()), 0.0)
            low, high = COMPLETION
            share = min(max((max(uncovered, float(np.abs(gaze).max())) - low) / (high - low), 0.0), 1.0)
        canvas, ball = warp.canvas, None
        if share < 1:
            flow = self.eyeball_flow(box, lids, carry, gaze, 1.0)
            ball = sample_pixels(crop, box.moved_places(canvas, *flow))
        if share > 0:
            assert self.hidden.eyeball is not None
            stretch = COMPLETE_STRETCH * max(0.0, 1 - float(np.abs(gaze).max()) / STRAIGHT)
            flow = self.eyeball_flow(box, lids, carry, gaze, stretch)
            whole = sample_pixels(self.hidden.eyeball, self.hidden.local(box.moved_places(canvas, *flow)))
            (lid,) = box.curves(lids.on_table(box)[0])
            darkest, reach = LID_SHADOW
            shadow = 1 - darkest * smoothstep(1 - (box.y - lid) / reach)
            darkest, reach = CORNER_SHADOW
            beside = np.minimum(box.x - lids.left, lids.right - box.x)
            shadow *= 1 - darkest * smoothstep(1 - beside / (reach * lids.width))
            whole[..., :3] *= shadow[..., None]
            ball = whole if ball is None else ball + share * (whole - ball)
        assert ball is not None
        return ball

    def eyeball_flow(
        self,
        box: PixelBox,
        lids: OpeningContour,
        carry: SimilarityTransform,
        gaze: Float[np.ndarray, "2"],
        stretch: float,
    ) -> tuple[Float[np.ndarray, "height width"], Float[np.ndarray, "height width"]]:
        """x and y of the canvas where the eyeball's colours come from: lids that close cover it, lids that open wider
        stretch it fully (`stretch` 1) or uncover it (0)."""
        x, source = box.table_x, self.contour.carried(carry)
        centre = source.outline().mean(0) + gaze
        reach = ((box.x - centre[0]) ** 2 + (box.y - centre[1]) ** 2) / (0.55 * self.contour.width) ** 2
        turned = 1 / (1 + reach * reach)
        upper, lower = lids.on_table(box)
        source_upper, source_lower = source.heights(x)
        wider_above, wider_below = np.maximum(source_upper - upper, 0), np.maximum(lower - source_lower, 0)
        wider_above, wider_below = stretch * wider_above, stretch * wider_below
        height = np.maximum(lower - upper, 1e-3)
        # An iris that is stretched in height grows in width too, so that it stays round.
        taller = float(np.interp(centre[0], x, (wider_above + wider_below) / height))
        upper, height, wider_above, wider_below = box.curves(upper, height, wider_above, wider_below)
        down = np.clip((box.y - upper) / height, 0, 1)
        from_x = box.x - turned * (gaze[0] + ROUNDNESS * taller * (box.x - centre[0]))
        from_y = box.y - turned * gaze[1] + wider_above * (1 - down) - wider_below * down
        return carry.backward(from_x, from_y)


def slides(
    box: PixelBox,
    lids: OpeningContour,
    carried: OpeningContour,
    brow: Float[np.ndarray, "dense 2"],
    cheek: Float[np.ndarray, "dense 2"],
    left_behind: Float[np.ndarray, "2"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far the upper and the lower lid's skin has slid down at each pixel, and where the lids part; the skin begins
    so far above and below the carried margins."""
    x = box.table_x
    upper, lower = lids.on_table(box)
    from_upper, from_lower = carried.on_table(box)
    from_upper, from_lower = from_upper - left_behind[0], from_lower + left_behind[1]
    brow_y, cheek_y = np.interp(x, brow[:, 0], brow[:, 1]), np.interp(x, cheek[:, 0], cheek[:, 1])
    inside = np.clip(np.minimum(x - lids.left, lids.right - x) / (0.04 * lids.width) + 1, 0, 1)
    down, up = (upper - from_upper) * inside, (lower - from_lower) * inside
    # A smoothstep slides monotonely while the motion stays below twice the height of the skin that stretches.
    span_above = np.maximum(from_upper - brow_y, np.maximum(MOST_STRETCH * down, 1.0))
    span_below = np.maximum(cheek_y - from_lower, np.maximum(-MOST_STRETCH * up, 1.0))
    down, up = np.maximum(down, -MOST_SQUEEZE * span_above), np.minimum(up, MOST_SQUEEZE * span_below)
    brow_y, cheek_y = from_upper - span_above, from_lower + span_below
    brow_y, span, slide, middle = box.curves(brow_y, span_above + down, down, (upper + lower) / 2)
    upper_slide = slide * smoothstep((box.y - brow_y) / span)
    cheek_y, span, slide = box.curves(cheek_y, span_below - up, up)
    lower_slide = slide * smoothstep((cheek_y - box.y) / span)
    return upper_slide, lower_slide, middle


def coarse_units(warp: FaceWarp, *lengths: tuple[float, float]) -> Float[np.ndarray, "length"]:
    """Lengths in canvas units, each the larger of so many units and so many pixels."""
    return np.array([max(units, pixels / warp.canvas.pixels_per_unit) for units, pixels in lengths])


def lid_contour(landmarks: Float[np.ndarray, "landmark 2"], lids: Lids) -> OpeningContour:
    """The opening between the margins of two lids."""
    first, last = landmarks[list(lids.corners)]
    beyond = CORNER_REACH * (last - first)
    margins = np.empty((2, len(lids.upper) + 2, 2), np.float32)
    margins[:, 0], margins[:, -1] = first - beyond, last + beyond
    margins[:, 1:-1] = landmarks[[lids.upper, lids.lower]]
    return OpeningContour.between(*smooth_curve(margins))
