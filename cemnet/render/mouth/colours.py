"""The colours of a painted mouth, taken from the portrait: a dark or a grey picture gets a mouth that fits."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float

from ...face.landmark_indices import CHEEKS, LIDS, LOWER_LIP_ROWS, UPPER_LIP_ROWS
from ..canvas import FaceCanvas
from ..displacement_field import read_at

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # weights of red, green and blue (ITU-R BT.601)

# The colourfulness of a picture: the spread of the skin's channels over their luminance. By eye, on the bundled
# portraits: from this on a picture has all its colour, with less of it the mouth has less too.
FULL_CHROMA = 0.22

# Teeth. By eye, on the bundled portraits. Light and colours from 0 to 1.
ENAMEL = np.array([0.92, 0.89, 0.82], np.float32)  # under white light
WHITE_GAIN, SKIN_GAIN = 1.1, 1.22  # teeth are brighter than the white of the eyes, and at least than skin, by these
DARKEST_TEETH, BRIGHTEST_TEETH = 0.08, 0.88
SKIN_TINT, WHITE_TINT = 0.12, 0.3  # exponents: how much teeth take of the hue of skin, and of the white of the eyes

# The portrait's own teeth, where it shows them. By eye, on smiles.
SURELY_SEEN = 0.9  # of the mask of the opening
OWN_TEETH_QUANTILES = (0.7, 0.95)  # of light in the opening: the brightest is gloss
DIM_TEETH = 0.6  # of the light of painted teeth: an opening that is darker shows a tongue, or nothing

# Gums, tongue and cavity. By eye, on the bundled portraits.
RED = np.array([1.12, 0.86, 0.86], np.float32)  # factor from lips and skin to gums, in a picture with all its colour
GUM_LIPS = 0.5  # share of the lips' colour in the gums; the rest is skin's
TONGUE_LIGHT, CAVITY_LIGHT = 0.95, 0.2  # of the lips' light
BRIGHTEST_CAVITY = 0.14

# Where colours are taken. Quantiles of light, by eye: the very brightest of an eye is a reflection.
SKIN_LANDMARKS = CHEEKS[:16]
LIP_LANDMARKS = tuple(index for row in (*LOWER_LIP_ROWS[1:3], *UPPER_LIP_ROWS[1:3]) for index in row)
WHITE_QUANTILES = (0.86, 0.97)
LEAST_PIXELS = 8  # of both eyes: with fewer the white of the eyes is unknown, and counts as UNKNOWN_WHITE
UNKNOWN_WHITE = 0.6
DARKEST = 1e-3  # keeps divisions finite in black pictures
SUBPIXEL_BITS = 4  # OpenCV takes corners as whole numbers: sixteenths of a pixel


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
        """Teeth after the white of the eyes, gums and tongue after the lips.

        `crop` are the pixels of the canvas' roi, 0 to 1; landmarks in canvas units.
        """
        colours = np.repeat(crop, 3, 2)[..., :3] if crop.shape[2] < 3 else crop[..., :3]
        pixels = canvas.source_points(landmarks) - np.array(canvas.roi[:2])
        skin = skin_colour(colours, pixels)
        lips = np.median(colours_at(colours, pixels[list(LIP_LANDMARKS)]), 0)
        white = eye_white(colours, pixels)
        light = float(skin @ LUMINANCE)
        chroma = colourfulness(skin)
        # An eye in shadow says little; teeth are at least a little brighter than skin.
        level = np.clip(max(WHITE_GAIN * float(white @ LUMINANCE), SKIN_GAIN * light), DARKEST_TEETH, BRIGHTEST_TEETH)
        enamel = 1 + chroma * (ENAMEL / float(ENAMEL @ LUMINANCE) - 1)
        tint = hue(skin) ** SKIN_TINT * hue(white) ** WHITE_TINT
        red = 1 + chroma * (RED - 1)
        return cls(
            limited(level * enamel * tint / float(tint @ LUMINANCE)),
            limited((GUM_LIPS * lips + (1 - GUM_LIPS) * skin) * red),
            limited(TONGUE_LIGHT * lips * np.sqrt(red)),
            limited(CAVITY_LIGHT * lips * red, BRIGHTEST_CAVITY),
        )

    def with_teeth_of(
        self, pixels: Float[np.ndarray, "height width channel"], mask: Float[np.ndarray, "height width"]
    ) -> "MouthTones":
        """The same colours with teeth as bright as those that are seen in pixels, where a mask is (almost) 1.

        What is darker than painted teeth would be in the shadow of lips counts as no teeth.
        """
        seen = pixels[mask > SURELY_SEEN]
        colours = np.repeat(seen, 3, 1)[:, :3] if pixels.shape[2] < 3 else seen[:, :3]
        if len(colours) < LEAST_PIXELS:
            return self
        light = colours @ LUMINANCE
        low, high = np.quantile(light, OWN_TEETH_QUANTILES)
        if low < DIM_TEETH * float(self.teeth @ LUMINANCE):
            return self
        return replace(self, teeth=limited(colours[(light >= low) & (light <= high)].mean(0)))


def colourfulness(skin: Float[np.ndarray, "3"]) -> float:
    """How much of its colour a picture has, from the colour of skin in it: 0 in black and white, 1 for all of it."""
    return min(float(np.ptp(skin)) / (float(skin @ LUMINANCE) + DARKEST) / FULL_CHROMA, 1.0)


def skin_colour(
    colours: Float[np.ndarray, "height width 3"], pixels: Float[np.ndarray, "landmark 2"]
) -> Float[np.ndarray, "3"]:
    """The middle colour of the cheeks; landmarks in pixels."""
    return np.median(colours_at(colours, pixels[list(SKIN_LANDMARKS)]), 0)


def limited(colour: Float[np.ndarray, "3"], brightest: float = 1.0) -> Float[np.ndarray, "3"]:
    """A colour with every channel from 0 to `brightest`."""
    return np.clip(colour, 0, brightest).astype(np.float32)


def hue(colour: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """A colour over its luminance."""
    return np.maximum(colour, DARKEST) / max(float(colour @ LUMINANCE), DARKEST)


def colours_at(
    colours: Float[np.ndarray, "height width 3"], pixels: Float[np.ndarray, "point 2"]
) -> Float[np.ndarray, "point 3"]:
    """The colours of a picture at fractional pixels."""
    where = pixels.astype(np.float32)[None]
    return read_at(colours, where)[0]


def eye_white(
    colours: Float[np.ndarray, "height width 3"], pixels: Float[np.ndarray, "landmark 2"]
) -> Float[np.ndarray, "3"]:
    """The mean colour of the brighter part of both eyes' openings (WHITE_QUANTILES); landmarks in pixels."""
    found = []
    for lids in LIDS:
        outline = [lids.corners[0], *lids.upper, lids.corners[1], *lids.lower[::-1]]
        mask = np.zeros(colours.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(pixels[outline] * 2**SUBPIXEL_BITS).astype(np.int32)], 1, shift=SUBPIXEL_BITS)
        found.append(colours[mask > 0])
    inside = np.concatenate(found)
    if len(inside) < LEAST_PIXELS:
        return np.full(3, UNKNOWN_WHITE, np.float32)
    order = np.argsort(inside @ LUMINANCE)
    low, high = WHITE_QUANTILES
    return inside[order[int(low * len(order)) : max(int(high * len(order)), 1)]].mean(0)
