"""The folds and swellings of a portrait's own expression, which go with it.

The portrait is smoothed once where folds may lie. A frame takes from that picture as much as its expression has no more
of each fold.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from ..arkit import arkit_indices
from ..curves import smoothstep
from .canvas import FaceCanvas
from .pixel_box import reduced_size, working_scale
from .refiner.crop import (
    CROP_HEIGHT,
    CROP_ORIGIN,
    CROP_UNIT,
    CROP_WIDTH,
    crop_to_frame,
)
from .refiner.inputs import Relief, crease_reliefs_at
from .refiner.wrinkles import crease_strengths
from .skin_light import DARKEST, FAINTEST, LEAST_CHANGE, SkinLight, filled, skin_mask

# Folds of an expression that leaves. In canvas units. By eye, on a laughing portrait that weeps.
FOLD_FINE, FOLD_WIDE = 0.5, 12.0  # a fold is what is coarser than the first blur and finer than the second (sigma)
FOLD_REACH, FOLD_BLUR = 7.5, 4.0  # around the place where a crease is expected, and how softly it ends
SMOOTHED = 0.9  # the share of a fold that goes with the whole of its crease
IN_FOLD = 0.9  # how much less a fold counts for the skin around it than other skin
CHEEK_SIZE, CHEEK_SMOOTHED = (30.0, 22.0), 0.35  # of what a smile lifts: sigmas across and down, and how much it levels
CHEEK_LANDMARKS = (280, 50)  # the middle of the person's left and right cheek
NOSE = (168, 193, 122, 196, 236, 198, 49, 48, 64, 98, 97, 2, 326, 327, 294, 278, 279, 420, 456, 419, 351, 417)
NOSE_BLUR = 1.5  # its outline is no fold
CREASE_CORE = 0.3  # of the height of a crease: what is less belongs to the skin around it
LEAST_CREASE = 0.1  # the strength from which on an expression has the whole of its crease
# Stubble and beards are no folds: logarithms of light that vary so much (root mean square) within a blur (sigma).
HAIR_BLUR, HAIRY = 3.0, (0.1, 0.2)

SMILE = np.array(arkit_indices("mouthSmile"))  # left, right


@dataclass(frozen=True)
class PortraitFolds:
    """What a portrait looks like without its folds, and where each of them lies in the refiner's crop."""

    strengths: Float[np.ndarray, "side_crease"]
    smiles: Float[np.ndarray, "2"]  # of the left and the right side
    creases: tuple[Relief, ...]  # where each of them is, 0 to 1
    cheeks: Float[np.ndarray, "2 height width"]  # what a smile lifts, 0 to 1
    swelling: Float[np.ndarray, "height width"]  # of the skin, as a logarithm of its light
    area: tuple[slice, slice]  # rows and columns of the moving part of the picture that folds may change
    without: Float[np.ndarray, "areaheight areawidth colour"]  # their pixels without folds
    to_area: Float[np.ndarray, "2 3"]  # pixels of the crop to those of the area

    @classmethod
    def build(
        cls,
        expression: Float[np.ndarray, "expression"],
        places: Float[np.ndarray, "row column 2"],
        landmarks: Float[np.ndarray, "landmark 2"],
        light: SkinLight,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "PortraitFolds":
        """Arguments as in `SkinLight.build`; `places` are the portrait's `resting_places`."""
        strengths, smiles = crease_strengths(expression), expression[SMILE].astype(np.float32)
        drawn = zip(strengths, crease_reliefs_at(places), strict=True)
        creases = tuple(widened(relief) if strength > 0 else relief for strength, relief in drawn)
        rows, columns = np.mgrid[:CROP_HEIGHT, :CROP_WIDTH]
        middles = (landmarks[list(CHEEK_LANDMARKS)] - np.array(CROP_ORIGIN)) / CROP_UNIT - 0.5
        width, height = (size / CROP_UNIT for size in CHEEK_SIZE)
        cheeks = [np.exp(-(((columns - x) / width) ** 2 + ((rows - y) / height) ** 2) / 2) for x, y in middles]
        nose = filled(landmarks[list(NOSE)]).astype(np.float32)
        skin = skin_mask(landmarks) * (1 - cv2.GaussianBlur(nose, (0, 0), NOSE_BLUR / CROP_UNIT))
        folds = np.zeros_like(skin)
        for index in np.flatnonzero(strengths):
            part = folds[creases[index].area]
            np.maximum(part, creases[index].heights, out=part)
        swelling = skin * (light.light - light.light_around)
        lifted = np.tensordot(smiles, np.abs(cheeks * swelling), 1)
        area, to_area = area_around(np.maximum(folds * skin, lifted) > LEAST_CHANGE, light.canvas, crop.shape[:2])
        without = crop[area][..., : 3 if crop.shape[2] >= 3 else 1]
        if without.size:
            size = without.shape[1::-1]
            where, strength = (
                cv2.warpAffine(mask, to_area, size, borderMode=cv2.BORDER_REPLICATE) for mask in (skin, folds)
            )
            without = without_folds(without, where, strength, light.canvas.pixels_per_unit)
        cheeks = np.stack(cheeks).astype(np.float32)
        return cls(strengths, smiles, creases, cheeks, swelling.astype(np.float32), area, without, to_area)

    def smoothed(
        self, crop: Float[np.ndarray, "cropheight cropwidth channel"], expression: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "cropheight cropwidth channel"]:
        """The moving part of the picture without the folds and swellings that another expression has no more.

        It is `crop` itself where the expression has all of them.
        """
        left = share_left(self.strengths, crease_strengths(expression))
        smiles = share_left(self.smiles, expression[SMILE])
        if max(left.max(), smiles.max()) <= LEAST_CHANGE or not self.without.size:
            return crop
        gone = np.zeros_like(self.swelling)
        for index in np.flatnonzero(left > LEAST_CHANGE):
            part = gone[self.creases[index].area]
            np.maximum(part, left[index] * self.creases[index].heights, out=part)
        flattened = np.minimum(smiles[0] * self.cheeks[0] + smiles[1] * self.cheeks[1], 1) * (1 - gone)
        level = cv2.exp(-CHEEK_SMOOTHED * flattened * self.swelling)
        smoothed = crop.copy()
        part = smoothed[self.area]
        spread = cv2.warpAffine(
            cv2.merge([SMOOTHED * gone, level]), self.to_area, part.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
        )
        gone, level = cv2.split(spread)
        colours = part[..., : self.without.shape[2]]
        for index in range(colours.shape[2]):
            colour = colours[..., index]
            colours[..., index] = (colour + gone * (self.without[..., index] - colour)) * level
        np.clip(colours, 0, 1, out=colours)
        return smoothed


def area_around(
    mask: Bool[np.ndarray, "height width"], canvas: FaceCanvas, shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], Float[np.ndarray, "2 3"]]:
    """Rows and columns of the moving part of a picture that hold a mask of the crop, and the crop's way into them."""
    to_frame = crop_to_frame(canvas, None)
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    corners = np.array([[x, y, 1] for x in (left - 1, left + width) for y in (top - 1, top + height)]) @ to_frame.T
    low = np.floor(corners.min(0)).astype(int).clip(0, shape[::-1])
    high = (np.ceil(corners.max(0)).astype(int) + 1).clip(low, shape[::-1]) if width else low
    to_frame[:, 2] -= low
    return (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))), to_frame


def without_folds(
    pixels: Float[np.ndarray, "height width colour"],
    skin: Float[np.ndarray, "height width"],
    folds: Float[np.ndarray, "height width"],
    pixels_per_unit: float,
) -> Float[np.ndarray, "height width colour"]:
    """Pixels whose folds have the colours of the skin around them; the grain of their own skin stays.

    `skin` and `folds` are masks, 0 to 1. The hue of a fold goes with its light: shadows on skin are redder than skin.
    """
    scale, size = working_scale(pixels_per_unit), pixels.shape[1::-1]
    small = reduced_size(size, scale)
    unit = pixels_per_unit * scale
    reduced, skin, folds = (
        cv2.resize(each, small, interpolation=cv2.INTER_AREA) if scale < 1 else each for each in (pixels, skin, folds)
    )
    logarithm = np.log(reduced.reshape(*small[::-1], -1) + np.float32(DARKEST))
    fine = cv2.GaussianBlur(logarithm, (0, 0), FOLD_FINE * unit).reshape(logarithm.shape)
    weight = skin * (1 - IN_FOLD * folds)
    wide = cv2.GaussianBlur(logarithm * weight[..., None], (0, 0), FOLD_WIDE * unit).reshape(logarithm.shape)
    wide /= np.maximum(cv2.GaussianBlur(weight, (0, 0), FOLD_WIDE * unit), FAINTEST**2)[..., None]
    grain = (logarithm - cv2.GaussianBlur(logarithm, (0, 0), HAIR_BLUR * unit).reshape(logarithm.shape)).mean(-1)
    rough = np.sqrt(cv2.GaussianBlur(grain * grain, (0, 0), 2 * HAIR_BLUR * unit))
    least, most = HAIRY
    change = (skin * smoothstep((most - rough) / (most - least)))[..., None] * (wide - fine)
    if scale < 1:
        change = cv2.resize(change, size, interpolation=cv2.INTER_LINEAR)
    change = change.reshape(pixels.shape)
    return np.clip((pixels + np.float32(DARKEST)) * np.exp(change) - np.float32(DARKEST), 0, 1).astype(np.float32)


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
