"""The folds and swellings of a portrait's own expression: where they are, and how much of them another has no more."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Float

from ..arkit import arkit_indices
from .refiner.crop import CROP_HEIGHT, CROP_ORIGIN, CROP_UNIT, CROP_WIDTH, CellBox
from .refiner.inputs import Relief, crease_reliefs_at
from .refiner.wrinkles import crease_strengths

# Folds of an expression that leaves. In canvas units. By eye, on a laughing portrait that weeps.
FOLD_FINE, FOLD_WIDE = 1.2, 12.0  # a fold is what is coarser than the first blur and finer than the second (sigma)
FOLD_REACH, FOLD_BLUR = 7.5, 4.0  # around the place where a crease is expected, and how softly it ends
SMOOTHED = 0.85  # the share of a fold that goes with the whole of its crease
CHEEK_SIZE, CHEEK_SMOOTHED = (30.0, 22.0), 0.35  # of what a smile lifts: sigmas across and down, and how much it levels
CHEEK_LANDMARKS = (280, 50)  # the middle of the person's left and right cheek
CREASE_CORE = 0.3  # of the height of a crease: what is less belongs to the skin around it
LEAST_CREASE = 0.1  # the strength from which on an expression has the whole of its crease

SMILE = np.array(arkit_indices("mouthSmile"))  # left, right
LEAST_CHANGE = 0.004  # what is less is not drawn: a grey level of 255


@dataclass(frozen=True)
class PortraitFolds:
    """The folds and swellings of a portrait's own expression, in the refiner's crop, as logarithms of light."""

    strengths: Float[np.ndarray, "side_crease"]
    smiles: Float[np.ndarray, "2"]  # of the left and the right side
    creases: tuple[Relief, ...]  # where each of them is, 0 to 1
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

    @cached_property
    def area(self) -> CellBox:
        """The cells that any of them may reach."""
        reached = (np.minimum(self.cheeks.sum(0), 1) * np.abs(self.swelling) > LEAST_CHANGE) & (self.smiles.max() > 0)
        for index in np.flatnonzero(self.strengths):
            reached[self.creases[index].area] |= self.creases[index].heights > LEAST_CHANGE
        return CellBox.holding(reached)

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
