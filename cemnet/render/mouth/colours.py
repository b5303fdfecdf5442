"""The colours of a painted mouth, taken from the portrait: a dark or grey picture gets fitting teeth."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from ...face.landmark_indices import CHEEKS, LIDS, LOWER_LIP_ROWS, UPPER_LIP_ROWS
from ..canvas import FaceCanvas
from ..displacement_field import read_at

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
ENAMEL = np.array([0.92, 0.89, 0.82], np.float32)  # under white light
FULL_CHROMA = 0.22  # of skin in a picture with all its colour: spread of the channels over luminance
BRIGHTEST_TEETH = 0.88
SKIN_TINT, WHITE_TINT = 0.12, 0.3  # how much of their hue is the light's, or the varnish's


@dataclass(frozen=True)
class MouthTones:
    """Colours, 0 to 1, as they look when fully lit."""

    teeth: Float[np.ndarray, "3"]
    gum: Float[np.ndarray, "3"]
    tongue: Float[np.ndarray, "3"]
    cavity: Float[np.ndarray, "3"]

    @classmethod
    def of_portrait(
        cls,
        crop: Float[np.ndarray, "height width channel"],
        canvas: FaceCanvas,
        landmarks: Float[np.ndarray, "landmark 2"],
    ) -> "MouthTones":
        """Teeth as bright as the eyes' white, gums and tongue after the lips; landmarks in canvas units."""
        colours = np.repeat(crop, 3, 2)[..., :3] if crop.shape[2] < 3 else crop[..., :3]
        pixels = canvas.source_points(landmarks) - np.array(canvas.roi[:2])
        skin = np.median(colours_at(colours, pixels[list(CHEEKS[:16])]), 0)
        rows = [*LOWER_LIP_ROWS[1:3], *UPPER_LIP_ROWS[1:3]]
        lips = np.median(colours_at(colours, pixels[[index for row in rows for index in row]]), 0)
        white = eye_white(colours, pixels)
        chroma = min(float(np.ptp(skin)) / (float(skin @ LUMINANCE) + 1e-3) / FULL_CHROMA, 1.0)
        light = float(skin @ LUMINANCE)
        # An eye in shadow says little; teeth are at least a little brighter than skin.
        level = np.clip(max(1.1 * float(white @ LUMINANCE), 1.22 * light), 0.08, BRIGHTEST_TEETH)
        enamel = 1 + chroma * (ENAMEL / float(ENAMEL @ LUMINANCE) - 1)
        tint = hue(skin) ** SKIN_TINT * hue(white) ** WHITE_TINT
        teeth = level * enamel * tint / float(tint @ LUMINANCE)
        red = 1 + chroma * (np.array([1.12, 0.86, 0.86], np.float32) - 1)
        gum = (0.5 * lips + 0.5 * skin) * red
        return cls(
            np.clip(teeth, 0, 1).astype(np.float32), np.clip(gum, 0, 1).astype(np.float32),
            np.clip(0.95 * lips * np.sqrt(red), 0, 1).astype(np.float32),
            np.clip(0.2 * lips * red, 0, 0.14).astype(np.float32),
        )  # fmt: skip


def hue(colour: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """A colour without its brightness."""
    return np.maximum(colour, 1e-3) / max(float(colour @ LUMINANCE), 1e-3)


def colours_at(
    colours: Float[np.ndarray, "height width 3"], pixels: Float[np.ndarray, "point 2"]
) -> Float[np.ndarray, "point 3"]:
    where = pixels.astype(np.float32)[None]
    return read_at(colours, where)[0]


def eye_white(
    colours: Float[np.ndarray, "height width 3"], pixels: Float[np.ndarray, "landmark 2"]
) -> Float[np.ndarray, "3"]:
    """The brighter part of both eye openings, without the very brightest (reflections)."""
    found = []
    for lids in LIDS:
        outline = [lids.corners[0], *lids.upper, lids.corners[1], *lids.lower[::-1]]
        mask = np.zeros(colours.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(pixels[outline] * 16).astype(np.int32)], 1, shift=4)
        found.append(colours[mask > 0])
    inside = np.concatenate(found)
    if len(inside) < 8:
        return np.full(3, 0.6, np.float32)
    order = np.argsort(inside @ LUMINANCE)
    return inside[order[int(0.86 * len(order)) : max(int(0.97 * len(order)), 1)]].mean(0)
