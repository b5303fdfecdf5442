"""The soft light on a portrait's skin, which stays with the shape of the head while skin moves over it.

A warp carries colour and light together: a raised brow would drag the shadow of its socket up with it, and a blink
would pull it over the eye. Here light is told from skin by its scale (compare expression ratio images: Liu, Shan and
Zhang, SIGGRAPH 2001). What is smooth counts as light, and stays where it falls on the head. What is fine is skin, and
moves. Skin that unfolds comes into the light of the face around it, and the folds of the portrait's own expression go
with it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from ..arkit import arkit_indices
from ..curves import smoothstep
from ..face.landmark_indices import BROW_OUTLINES, LIDS, LIP_OUTLINE, OVAL, Lids
from .canvas import FaceCanvas
from .contours import SUBPIXEL_BITS, SimilarityTransform
from .displacement_field import read_at
from .mouth.colours import LUMINANCE
from .refiner.crop import (
    CELL,
    CROP_HEIGHT,
    CROP_ORIGIN,
    CROP_UNIT,
    CROP_WIDTH,
    cells,
    crop_to_frame,
    into_crop,
    three_channels,
)
from .refiner.inputs import Relief, crease_reliefs_at
from .refiner.wrinkles import crease_strengths
from .warp import FaceWarp

# What is light and what is skin. In canvas units. By eye, on dark sockets of the bundled portraits.
SOFTNESS = 6.0  # light is what a blur so wide leaves (sigma)
BROADNESS = 20.0  # the light of the face around a place, likewise
EYE_REACH, BROW_REACH, LIP_REACH = 4.0, 5.0, 4.0  # what lies so far around them is no light: lashes, hair, colour
DARKEST = 0.02  # added to luminance from 0 to 1 before the logarithm
FAINTEST = 1e-3  # keeps divisions finite where no skin is near, and in black

# Where light stays. In canvas units. By eye, on the bundled portraits: cheeks and chin are shapes that move themselves,
# and further from the sockets the highlights of a smile would stay behind as grey patches.
ABOVE_BROWS = (0.0, 8.0)  # so far above the brows it stays wholly, and from the second on not at all
BELOW_EYES = (6.0, 20.0)
OUTLINE_FADE = 14.0
HAIR, HAIR_BLUR, HAIR_FADE = (0.2, 0.5), 3.0, 6.0  # darker than the face around it by so much; blur, and fade at brows
BROW_EDGE = (3.5, 3.0)  # brows take their light with them, for they are the edge of a socket: reach, and blur (sigma)

# Skin that unfolds. By eye, on the bundled portraits.
FULL_UNFOLDING = 2.0  # skin that is stretched so much is wholly unfolded
UNFOLDED_LIGHT, UNFOLDED_DETAIL = 0.75, 0.5  # shares by which it comes into the light around it, and loses dark lines

# Folds of an expression that leaves. In canvas units. By eye, on a laughing portrait that weeps.
FOLD_FINE, FOLD_WIDE = 1.2, 12.0  # a fold is what is coarser than the first blur and finer than the second (sigma)
FOLD_REACH, FOLD_BLUR = 7.5, 4.0  # around the place where a crease is expected, and how softly it ends
SMOOTHED = 0.85  # the share of a fold that goes with the whole of its crease
CHEEK_SIZE, CHEEK_SMOOTHED = (30.0, 22.0), 0.35  # of what a smile lifts: sigmas across and down, and how much it levels
CHEEK_LANDMARKS = (280, 50)  # the middle of the person's left and right cheek
CREASE_CORE = 0.3  # of the height of a crease: what is less belongs to the skin around it
LEAST_CREASE = 0.1  # the strength from which on an expression has the whole of its crease

SMILE = np.array(arkit_indices("mouthSmile"))  # left, right

LARGEST_CHANGE = 1.1  # of the logarithm of light
LEAST_CHANGE = 0.004  # what is less is not drawn: a grey level of 255


@dataclass(frozen=True)
class SkinLight:
    """The light of one portrait, in the refiner's crop."""

    canvas: FaceCanvas
    light: Float[np.ndarray, "height width"]  # logarithm of the soft light's luminance
    around: Float[np.ndarray, "height width 3"]  # the mean colour of the face around each place
    light_around: Float[np.ndarray, "height width"]  # logarithm of its luminance
    stays: Float[np.ndarray, "height width"]  # the share of the light that stays on the head
    folds: "PortraitFolds"

    @classmethod
    def build(
        cls,
        expression: Float[np.ndarray, "expression"],
        places: Float[np.ndarray, "row column 2"],
        canvas: FaceCanvas,
        landmarks: Float[np.ndarray, "landmark 2"],
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "SkinLight":
        """`crop` are the pixels that may move, 0 to 1; landmarks in canvas units.

        `expression` is that of the portrait, and `places` are its `resting_places`.
        """
        colours = into_crop(three_channels(crop), crop_to_frame(canvas, None))
        skin = skin_mask(landmarks)
        logarithm = np.log(colours @ LUMINANCE + DARKEST)
        light, around = mean_of_skin(logarithm, skin, SOFTNESS), mean_of_skin(colours, skin, BROADNESS)
        fold = mean_of_skin(logarithm, skin, FOLD_FINE) - mean_of_skin(logarithm, skin, FOLD_WIDE)
        light_around = np.log(around @ LUMINANCE + DARKEST)
        swelling = light - light_around
        folds = PortraitFolds.build(expression, places, landmarks, fold * skin, swelling * skin)
        darker = light_around - cv2.GaussianBlur(logarithm, (0, 0), HAIR_BLUR / CROP_UNIT)
        return cls(canvas, light, around, light_around, where_light_stays(landmarks, darker), folds)

    def in_frame(
        self,
        warp: FaceWarp,
        flow: Float[np.ndarray, "row column 2"],
        expression: Float[np.ndarray, "expression"],
        by_expression: Float[np.ndarray, "row column 2"],
        transform: SimilarityTransform,
    ) -> "FrameLight":
        """The light on the skin of one frame.

        `flow` says where colours come from, `by_expression` how far the expression alone moves the skin of each node.
        `transform` carries the crop with the head.
        """
        middles = cells().middles
        points = middles.reshape(-1, 2)
        displaced = warp.sample(by_expression, points).reshape(middles.shape)
        on_head = read_at(self.light, crop_pixels(middles + displaced))
        target = unfolded_light(on_head, self.light_around, unfolding(displaced))
        target = self.light + self.stays * (target - self.light)
        left_behind = self.folds.left_behind(expression)
        if left_behind is not None:
            target -= left_behind
        carried = transform.forward(points)
        came_from = crop_pixels((carried + warp.sample(flow, carried)).reshape(middles.shape))
        found = read_at(cv2.merge([target, self.light, self.light_around]), came_from)
        return FrameLight(self, found, read_at(self.around, came_from), crop_to_frame(self.canvas, transform))


@dataclass(frozen=True)
class PortraitFolds:
    """The folds and swellings of a portrait's own expression, in the refiner's crop, as logarithms of light."""

    strengths: Float[np.ndarray, "side_crease"]
    smiles: Float[np.ndarray, "2"]  # of the left and the right side
    creases: tuple["Relief", ...]  # where each of them is, 0 to 1
    cheeks: Float[np.ndarray, "2 height width"]  # what a smile lifts, 0 to 1
    fold: Float[np.ndarray, "height width"]
    swelling: Float[np.ndarray, "height width"]

    @classmethod
    def build(
        cls,
        expression: Float[np.ndarray, "expression"],
        places: Float[np.ndarray, "row column 2"],
        landmarks: Float[np.ndarray, "landmark 2"],
        fold: Float[np.ndarray, "height width"],
        swelling: Float[np.ndarray, "height width"],
    ) -> "PortraitFolds":
        """Arguments as in `SkinLight.build`; `fold` and `swelling` are the light that would go with all of them."""
        strengths, smiles = crease_strengths(expression), expression[SMILE].astype(np.float32)
        drawn = zip(strengths, crease_reliefs_at(places), strict=True)
        creases = tuple(widened(relief) if strength > 0 else relief for strength, relief in drawn)
        rows, columns = np.mgrid[:CROP_HEIGHT, :CROP_WIDTH]
        middles = (landmarks[list(CHEEK_LANDMARKS)] - np.array(CROP_ORIGIN)) / CROP_UNIT - 0.5
        width, height = (size / CROP_UNIT for size in CHEEK_SIZE)
        cheeks = [np.exp(-(((columns - x) / width) ** 2 + ((rows - y) / height) ** 2) / 2) for x, y in middles]
        return cls(strengths, smiles, creases, np.stack(cheeks).astype(np.float32), fold, swelling)

    def left_behind(self, expression: Float[np.ndarray, "expression"]) -> Float[np.ndarray, "height width"] | None:
        """The light of folds and swellings that another expression has no more: to be taken from the portrait's.

        None where it has all of them.
        """
        left = share_left(self.strengths, crease_strengths(expression))
        smiles = share_left(self.smiles, expression[SMILE])
        if max(left.max(), smiles.max()) <= LEAST_CHANGE:
            return None
        share = np.zeros_like(self.fold)
        for index in np.flatnonzero(left > LEAST_CHANGE):
            part = share[self.creases[index].area]
            np.maximum(part, left[index] * self.creases[index].heights, out=part)
        flattened = np.tensordot(smiles, self.cheeks, 1)
        return SMOOTHED * share * self.fold + CHEEK_SMOOTHED * np.minimum(flattened, 1) * (1 - share) * self.swelling


def share_left(
    before: Float[np.ndarray, "strength"], after: Float[np.ndarray, "strength"]
) -> Float[np.ndarray, "strength"]:
    """The share of each strength that has gone, 0 to 1; of one below LEAST_CREASE little can go."""
    whole = np.maximum(before, LEAST_CREASE)
    return (np.clip(before - after, 0, None) / whole).astype(np.float32)


def widened(relief: Relief) -> Relief:
    """Where a fold may lie whose crease is expected at a relief: 1 near it, softly 0 further away."""
    mask = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.uint8)
    if relief.heights.size:
        mask[relief.area] = np.abs(relief.heights) > CREASE_CORE * np.abs(relief.heights).max()
    size = 2 * round(FOLD_REACH / CROP_UNIT) + 1
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), FOLD_BLUR / CROP_UNIT)
    left, top, width, height = cv2.boundingRect((soft > LEAST_CHANGE).astype(np.uint8))
    area = slice(top, top + height), slice(left, left + width)
    return Relief(area, soft[area].copy())


@dataclass(frozen=True)
class FrameLight:
    """The light on the skin of one frame, in the refiner's crop, which moves with the head."""

    portrait: SkinLight
    logarithms: Float[np.ndarray, "height width 3"]  # of the light that falls, that the warp has brought, and around
    around: Float[np.ndarray, "height width 3"]  # the mean colour of the face around each place
    to_frame: Float[np.ndarray, "2 3"]  # pixels of the crop to pixels of the moving part of the picture

    def light_up(self, pixels: Float[np.ndarray, "height width channel"], area: tuple[slice, slice]) -> None:
        """Lights the pixels of an area of the moving picture, in place, as the warp has brought them."""
        change = self.logarithms[..., 0] - self.logarithms[..., 1]
        left, top, width, height = cv2.boundingRect((np.abs(change) > LEAST_CHANGE).astype(np.uint8))
        if not width:
            return
        corners = np.array([[x, y, 1] for x in (left - 1, left + width) for y in (top - 1, top + height)])
        reached = corners @ self.to_frame.T - [area[1].start, area[0].start]
        size = pixels.shape[1::-1]
        (first, above), (last, below) = (
            np.clip(ends, 0, size).astype(int) for ends in (np.floor(reached.min(0)), np.ceil(reached.max(0)) + 1)
        )
        if last <= first or below <= above:
            return
        part = slice(above, below), slice(first, last)
        rows, columns = (
            slice(own.start + whole.start, own.stop + whole.start) for own, whole in zip(part, area, strict=True)
        )
        place = rows, columns
        target, brought, _ = cv2.split(self.spread(self.logarithms, place))
        relight(pixels[part], target - brought, target, self.spread(self.around, place))

    def light_lid(
        self,
        pixels: Float[np.ndarray, "height width channel"],
        where: Float[np.ndarray, "height width 2"],
        area: tuple[slice, slice],
        unfolded: Float[np.ndarray, "height width"],
    ) -> None:
        """Lights the pixels of an area, in place, which a lid has brought from `where` in the portrait's moving part.

        `unfolded` is how much of the lid has come out of folds, 0 to 1.
        """
        target, _, around = cv2.split(self.spread(self.logarithms, area))
        target, hue = unfolded_light(target, around, unfolded), self.spread(self.around, area)
        to_crop = cv2.invertAffineTransform(crop_to_frame(self.portrait.canvas, None))
        places = np.stack([row[0] * where[..., 0] + row[1] * where[..., 1] + row[2] for row in to_crop], -1)
        brought = read_at(self.portrait.light, places.astype(np.float32))
        relight(pixels, target - brought, target, hue, UNFOLDED_DETAIL * unfolded)

    def spread(
        self, values: Float[np.ndarray, "height width channel"], area: tuple[slice, slice]
    ) -> Float[np.ndarray, "areaheight areawidth channel"]:
        """Values of the crop in an area of the moving picture."""
        to_area, (rows, columns) = self.to_frame.copy(), area
        to_area[:, 2] -= np.array([columns.start, rows.start])
        size = columns.stop - columns.start, rows.stop - rows.start
        return cv2.warpAffine(values, to_area, size, borderMode=cv2.BORDER_REPLICATE)


def relight(
    pixels: Float[np.ndarray, "height width channel"],
    change: Float[np.ndarray, "height width"],
    target: Float[np.ndarray, "height width"],
    around: Float[np.ndarray, "height width 3"],
    detail_loss: Float[np.ndarray, "height width"] | float = 0.0,
) -> None:
    """Changes the light on pixels, in place, by a logarithm; an alpha channel stays.

    Light makes nothing lighter than the `target` (a logarithm). What is darker than the target comes nearer to it by
    `detail_loss`. Shadows on skin are redder, and highlights whiter, than skin: what gains light, and what loses a
    highlight, takes the more of the hue of the face `around` the more its light changes: of its own hue it keeps the
    second and the sixth power of that change.
    """
    colours = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., :1]
    weights = LUMINANCE if colours.shape[2] == 3 else np.ones(1, np.float32)
    hue = around if colours.shape[2] == 3 else (around @ LUMINANCE)[..., None]
    before, most = colours @ weights, np.exp(target) - DARKEST
    after = before * np.exp(np.clip(change, -LARGEST_CHANGE, LARGEST_CHANGE))
    after = np.where(change > 0, np.maximum(np.minimum(after, most), before), after)
    after += detail_loss * np.maximum(most - after, 0)
    ratio = after / np.maximum(before, FAINTEST)
    brightness = np.maximum(around @ LUMINANCE, FAINTEST)
    gained, lost = np.minimum(1 / np.maximum(ratio, FAINTEST), 1), np.minimum(ratio, 1)
    kept = gained * gained * np.where(before > brightness, lost * lost * lost * lost * lost * lost, 1)
    share = (1 - kept)[..., None]
    colours *= ratio[..., None]
    colours += share * ((after / brightness)[..., None] * hue - colours)
    np.clip(colours, 0, 1, out=colours)


def unfolded_light(
    light: Float[np.ndarray, "height width"],
    around: Float[np.ndarray, "height width"],
    unfolded: Float[np.ndarray, "height width"],
) -> Float[np.ndarray, "height width"]:
    """The light (logarithms) on skin of which a share has come out of folds, into the light around it."""
    return light + UNFOLDED_LIGHT * unfolded * np.maximum(around - light, 0)


def unfolded_share(growth: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """How much of the skin has come out of folds, 0 to 1, where it is longer by `growth`, as a share of its length."""
    return np.clip((growth / (1 + np.maximum(growth, -0.9))) / (1 - 1 / FULL_UNFOLDING), 0, 1).astype(np.float32)


def unfolding(displaced: Float[np.ndarray, "row column 2"]) -> Float[np.ndarray, "height width"]:
    """How much of the skin an expression unfolds, 0 to 1, from the displacements of the crop's cells (canvas units)."""
    share = unfolded_share(np.gradient(displaced[..., 1], CELL * CROP_UNIT, axis=0))
    return cv2.resize(share, (CROP_WIDTH, CROP_HEIGHT), interpolation=cv2.INTER_LINEAR)


def crop_pixels(points: Float[np.ndarray, "row column 2"]) -> Float[np.ndarray, "height width 2"]:
    """Places (canvas units), given for the cells of the crop, as pixels of the crop for each of its pixels."""
    pixels = (points - np.array(CROP_ORIGIN, np.float32)) / np.float32(CROP_UNIT) - np.float32(0.5)
    return cv2.resize(pixels, (CROP_WIDTH, CROP_HEIGHT), interpolation=cv2.INTER_LINEAR)


def mean_of_skin(
    values: Float[np.ndarray, "height width *channel"], skin: Float[np.ndarray, "height width"], reach: float
) -> Float[np.ndarray, "height width *channel"]:
    """The mean of the skin around each pixel of the crop, within a blur (sigma) in canvas units."""
    sigma = reach / CROP_UNIT
    weight = np.maximum(cv2.GaussianBlur(skin, (0, 0), sigma), FAINTEST**2)
    if values.ndim == 3:
        skin, weight = skin[..., None], weight[..., None]
    return (cv2.GaussianBlur(values * skin, (0, 0), sigma) / weight).astype(np.float32)


def filled(outline: Float[np.ndarray, "corner 2"], reach: float = 0.0) -> UInt8[np.ndarray, "height width"]:
    """1 in the crop within an outline and so far around it (canvas units), else 0."""
    pixels = (outline - np.array(CROP_ORIGIN)) / CROP_UNIT - 0.5
    mask = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.round(2**SUBPIXEL_BITS * pixels).astype(np.int32)], 1, shift=SUBPIXEL_BITS)
    size = 2 * round(reach / CROP_UNIT) + 1
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))


def skin_mask(landmarks: Float[np.ndarray, "landmark 2"]) -> Float[np.ndarray, "height width"]:
    """1 where the crop shows skin: the face without eyes, lashes, brows and lips."""
    mask = filled(landmarks[list(OVAL)])
    for lids in LIDS:
        mask[filled(landmarks[eye_outline(lids)], EYE_REACH) > 0] = 0
    for brow in BROW_OUTLINES:
        mask[filled(landmarks[list(brow)], BROW_REACH) > 0] = 0
    mask[filled(landmarks[list(LIP_OUTLINE)], LIP_REACH) > 0] = 0
    return mask.astype(np.float32)


def eye_outline(lids: Lids) -> list[int]:
    """The landmarks around the opening of an eye."""
    return [lids.corners[0], *lids.upper, lids.corners[1], *lids.lower[::-1]]


def where_light_stays(
    landmarks: Float[np.ndarray, "landmark 2"], darker: Float[np.ndarray, "height width"]
) -> Float[np.ndarray, "height width"]:
    """The share of the light that stays on the head, by places of the portrait: around the eyes, not on brows and hair.

    `darker` (logarithms) is how much less light a place has than the face around it: above the brows that is hair.
    """
    y = ((np.arange(CROP_HEIGHT) + 0.5) * CROP_UNIT + CROP_ORIGIN[1])[:, None]
    brow = landmarks[[index for outline in BROW_OUTLINES for index in outline], 1].min()
    eye = landmarks[[index for lids in LIDS for index in lids.lower], 1].max()
    share = np.ones((CROP_HEIGHT, CROP_WIDTH))
    for distance, (near, far) in ((brow - y, ABOVE_BROWS), (y - eye, BELOW_EYES)):
        share *= smoothstep((far - distance) / (far - near))
    hair = smoothstep((darker - HAIR[0]) / (HAIR[1] - HAIR[0])) * smoothstep((brow - y) / HAIR_FADE)
    share *= 1 - hair
    inside = cv2.distanceTransform(filled(landmarks[list(OVAL)]), cv2.DIST_L2, 5) * CROP_UNIT
    reach, blur = BROW_EDGE
    brows = np.maximum(*(filled(landmarks[list(outline)], reach) for outline in BROW_OUTLINES)).astype(np.float32)
    share *= smoothstep(inside / OUTLINE_FADE) * (1 - cv2.GaussianBlur(brows, (0, 0), blur / CROP_UNIT))
    return share.astype(np.float32)
