"""The eyeball between the lids: the portrait's own, turned by gaze, or the completed one where more of it shows."""

import numpy as np
from jaxtyping import Float

from ...curves import smoothstep
from ..contours import ACROSS
from ..pixel_box import PixelBox, sample_pixels
from .eye import PosedEye

# When the completed eyeball takes over, in canvas units of turning or of uncovering. By eye, on the bundled portraits:
# below the first the eye is the portrait's own, above the second the completed one.
COMPLETION = (0.3, 1.3)
# Lids that open wider stretch the completed eyeball by this share of what they uncover, and the less the more it turns:
# one that turns by STRAIGHT canvas units or more does not stretch. By eye, on the bundled portraits.
COMPLETE_STRETCH = 0.6
STRAIGHT = 3.0

# Shadow on the completed eyeball, which would look flat without it: how dark it is at its darkest, and how far it
# reaches. By eye, on the bundled portraits.
LID_SHADOW = (0.35, 4.0)  # under the upper lid; reach in canvas units
CORNER_SHADOW = (0.45, 0.2)  # in the corners; reach as a share of the eye's width

# How an eyeball turns and stretches. By eye, on the bundled portraits.
TURN_REACH = 0.55  # of the eye's width from the iris' centre: there the turn has fallen to a half
ROUNDNESS = 0.8  # of an iris that is stretched in height: how much it grows in width too
SMALLEST_HEIGHT = 1e-3  # canvas units; keeps divisions finite where lids touch


def eyeball_pixels(posed: PosedEye, box: PixelBox) -> Float[np.ndarray, "height width channel"]:
    """Pixels (0 to 1) of the eyeball in a part of the eye's box, as if lids did not cover it."""
    share = completed_share(posed)
    if share == 0:
        return own_pixels(posed, box)
    completed = completed_pixels(posed, box)
    if share == 1:
        return completed
    own = own_pixels(posed, box)
    return own + share * (completed - own)


def completed_share(posed: PosedEye) -> float:
    """How much of the completed eyeball is shown, 0 to 1; the portrait's own eyeball makes up the rest.

    It depends on how far the eye turns and on how much of it the lids uncover (see COMPLETION).
    """
    if posed.eye.hidden.eyeball is None:
        return 0.0
    x = posed.lids.left + ACROSS * (posed.lids.right - posed.lids.left)
    (upper, lower), (own_upper, own_lower) = posed.lids.heights(x), posed.own.heights(x)
    uncovered = max(float((own_upper - upper).max()), float((lower - own_lower).max()), 0.0)
    low, high = COMPLETION
    return min(max((max(uncovered, float(np.abs(posed.gaze).max())) - low) / (high - low), 0.0), 1.0)


def own_pixels(posed: PosedEye, box: PixelBox) -> Float[np.ndarray, "height width channel"]:
    """The portrait's eyeball, stretched as far as lids open wider."""
    return sample_pixels(posed.skin.crop, eyeball_places(posed, box, 1.0))


def completed_pixels(posed: PosedEye, box: PixelBox) -> Float[np.ndarray, "height width channel"]:
    """The completed eyeball, in the shadow of the upper lid and of the corners."""
    hidden, lids = posed.eye.hidden, posed.lids
    assert hidden.eyeball is not None
    stretch = COMPLETE_STRETCH * max(0.0, 1 - float(np.abs(posed.gaze).max()) / STRAIGHT)
    eyeball = sample_pixels(hidden.eyeball, hidden.local(eyeball_places(posed, box, stretch)))
    (lid,) = box.curves(posed.lid_heights[0])
    darkest, reach = LID_SHADOW
    light = 1 - darkest * smoothstep(1 - (box.y - lid) / reach)
    darkest, reach = CORNER_SHADOW
    beside = np.minimum(box.x - lids.left, lids.right - box.x)
    light *= 1 - darkest * smoothstep(1 - beside / (reach * lids.width))
    eyeball[..., :3] *= light[..., None]
    return eyeball


def eyeball_places(posed: PosedEye, box: PixelBox, stretch: float) -> Float[np.ndarray, "height width 2"]:
    """The pixels of the crop where the eyeball's colours come from.

    Lids that close cover the eyeball. Lids that open wider stretch it fully (`stretch` 1) or uncover it (0).
    """
    x, gaze = box.table_x, posed.gaze
    centre = posed.own.outline().mean(0) + gaze
    squared = ((box.x - centre[0]) ** 2 + (box.y - centre[1]) ** 2) / (TURN_REACH * posed.eye.contour.width) ** 2
    turned = 1 / (1 + squared * squared)
    (upper, lower), (own_upper, own_lower) = posed.lid_heights, posed.own.heights(x)
    wider_above, wider_below = np.maximum(own_upper - upper, 0), np.maximum(lower - own_lower, 0)
    wider_above, wider_below = stretch * wider_above, stretch * wider_below
    height = np.maximum(lower - upper, SMALLEST_HEIGHT)
    taller = float(np.interp(centre[0], x, (wider_above + wider_below) / height))
    upper, height, wider_above, wider_below = box.curves(upper, height, wider_above, wider_below)
    down = np.clip((box.y - upper) / height, 0, 1)
    from_x = box.x - turned * (gaze[0] + ROUNDNESS * taller * (box.x - centre[0]))
    from_y = box.y - turned * gaze[1] + wider_above * (1 - down) - wider_below * down
    return box.moved_places(posed.skin.warp.canvas, *posed.by_head.backward(from_x, from_y))
