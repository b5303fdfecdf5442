"""What lids hide: the eyeball continued behind them, and their own skin without lashes and creases."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from ...face.landmark_indices import Lids
from ..contours import OpeningContour, forward_in_x
from ..displacement_field import NO_SECOND_MAP
from ..pixel_box import PixelBox

REACH = 0.35  # of the eye's width: how far the pictures reach beyond the opening; by eye, on the bundled portraits

# Lid skin without lashes and creases. By eye, on the bundled portraits.
LASH_WIDTH = 0.11  # of the eye's width: dark details up to this size are no part of a lid's skin
LID_BLUR, LEAST_LID_BLUR = 0.06, 0.3  # of the size in pixels of these details, and at least in pixels

# What is surely seen of an eyeball. By eye, on the bundled portraits.
LID_EDGE = 1.4  # canvas units inside the opening that lashes and their shadow darken
OWN_FADE = 0.4  # of LID_EDGE: only the completed eyeball up to here, from there on ever more of the portrait's own
IRIS_EDGE = 1.5  # canvas units over which the iris gives way to the white
LEAST_APERTURE = 0.1  # a portrait whose eyes are narrower shows too little to complete
LEAST_PIXELS = 12  # of iris and of white, with fewer of which the same holds

# Completing the white. By eye, on the bundled portraits.
WHITE_QUANTILE = 0.35  # of the visible white: what is darker is shadow, or a lash
SPREADING = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # canvas units of blur, one after the other
SPREADING_GAIN = 6  # a place counts as filled where the blurred mask of known pixels is a sixth or more

# Completing the iris. By eye, on the bundled portraits.
NUM_RINGS = 12  # rings of one mean colour within the radius
RING_BLUR = 0.8  # pixels
MIRRORED_SHARE = 0.7  # of a mirrored pixel; the rest is its ring's mean


@dataclass(frozen=True)
class HiddenEye:
    """Pictures of one eye's surroundings in pixels of `box`."""

    box: PixelBox
    lid_skin: Float[np.ndarray, "height width channel"]  # without lashes and creases
    eyeball: Float[np.ndarray, "height width channel"] | None  # continued under the lids; None where too little is seen

    @classmethod
    def build(
        cls,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        eye_box: PixelBox,
        contour: OpeningContour,
        landmarks: Float[np.ndarray, "landmark 2"],
        lids: Lids,
    ) -> "HiddenEye":
        """Inside the opening the portrait's own pixels stay; landmarks in canvas units."""
        outline, reach = contour.outline(), REACH * contour.width
        box = eye_box.part(outline.min(0) - reach, outline.max(0) + reach)
        own, coarse = crop[box.area], box.coarse()
        pixels = cv2.resize(own, coarse.x.shape[::-1], interpolation=cv2.INTER_AREA).reshape(*coarse.x.shape, -1)
        size = max(3, 2 * round(0.5 * LASH_WIDTH * contour.width * coarse.pixels_per_unit) + 1)
        closed = cv2.morphologyEx(pixels, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        lid_skin = cv2.GaussianBlur(closed, (0, 0), max(LID_BLUR * size, LEAST_LID_BLUR))
        eyeball = completed_eyeball(pixels, coarse, contour, Iris.of(landmarks, lids))
        if eyeball is not None:
            eyeball = enlarged(eyeball, own.shape)
            share = np.clip(depth_inside(contour, box) / LID_EDGE - OWN_FADE, 0, 1)[..., None]
            eyeball = (eyeball + share * (own - eyeball)).astype(np.float32)
        return cls(box, enlarged(lid_skin, own.shape), eyeball)

    def local(self, where: Float[np.ndarray, "height width 2"]) -> Float[np.ndarray, "height width 2"]:
        """Pixels of the crop as pixels of these pictures."""
        return where - np.array([self.box.area[1].start, self.box.area[0].start], np.float32)


@dataclass(frozen=True)
class Iris:
    """The disc of an iris, in canvas units."""

    centre: Float[np.ndarray, "2"]
    radius: float

    @classmethod
    def of(cls, landmarks: Float[np.ndarray, "landmark 2"], lids: Lids) -> "Iris":
        """The iris between two lids; the landmarks are its centre and four points of its rim."""
        centre = landmarks[lids.iris[0]]
        return cls(centre, float(np.linalg.norm(landmarks[list(lids.iris[1:])] - centre, axis=1).mean()))

    def distance(self, box: PixelBox) -> Float[np.ndarray, "height width"]:
        """Distance of each pixel of a box from the centre."""
        return np.hypot(box.x - self.centre[0], box.y - self.centre[1])


def completed_eyeball(
    pixels: Float[np.ndarray, "height width channel"], box: PixelBox, contour: OpeningContour, iris: Iris
) -> Float[np.ndarray, "height width channel"] | None:
    """The eyeball behind the lids, or None where a portrait shows too little of it.

    A hidden part of the white continues what is seen; for the iris see `complete_iris`.
    """
    inside = depth_inside(contour, box)
    distance = iris.distance(box)
    seen = inside > LID_EDGE
    in_iris, in_white = seen & (distance < iris.radius), seen & (distance > iris.radius + 0.5 * IRIS_EDGE)
    if contour.aperture < LEAST_APERTURE or min(in_iris.sum(), in_white.sum()) < LEAST_PIXELS:
        return None
    light = pixels[..., :3].mean(-1)
    bright = in_white & (light >= np.quantile(light[in_white], WHITE_QUANTILE))
    white = spread(pixels, bright, box.pixels_per_unit)
    disc = complete_iris(pixels, in_iris, box, iris)
    share = np.clip((iris.radius - distance) / IRIS_EDGE + 0.5, 0, 1)[..., None]
    return (white + share * (disc - white)).astype(np.float32)


def enlarged(
    picture: Float[np.ndarray, "height width *channel"], shape: tuple[int, ...]
) -> Float[np.ndarray, "newheight newwidth channel"]:
    """A picture in the size of an array of a shape."""
    return cv2.resize(picture, shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(shape)


def depth_inside(contour: OpeningContour, box: PixelBox) -> Float[np.ndarray, "height width"]:
    """How deep each pixel of a box lies inside an opening, in canvas units; below 0 outside."""
    upper, lower = (forward_in_x(curve) for curve in (contour.upper, contour.lower))
    above = box.y - np.interp(box.x, upper[:, 0], upper[:, 1])
    below = np.interp(box.x, lower[:, 0], lower[:, 1]) - box.y
    return np.minimum(np.minimum(above, below), np.minimum(box.x - contour.left, contour.right - box.x))


def complete_iris(
    pixels: Float[np.ndarray, "height width channel"],
    seen: Bool[np.ndarray, "height width"],
    box: PixelBox,
    iris: Iris,
) -> Float[np.ndarray, "height width channel"]:
    """The iris as a full disc, also outside of its radius.

    Seen pixels stay. A hidden pixel mirrors the one below or above the centre if that is seen, and else takes the mean
    colour of the iris at its distance from the centre.
    """
    ring = np.clip(NUM_RINGS * iris.distance(box) / iris.radius, 0, NUM_RINGS).astype(int)
    means, last = np.empty((NUM_RINGS + 1, pixels.shape[2]), np.float32), np.median(pixels[seen], 0)
    for index in range(NUM_RINGS, -1, -1):  # from the rim inwards: the pupil is dark, its hidden part as well
        members = seen & (ring == index)
        last = pixels[members].mean(0) if members.any() else last
        means[index] = last
    disc = cv2.GaussianBlur(means[ring], (0, 0), RING_BLUR).reshape(pixels.shape)
    known = seen.astype(np.float32)
    mirrored = np.stack([box.x, 2 * iris.centre[1] - box.y], -1)
    where = (mirrored @ box.to_box[:, :2].T + box.to_box[:, 2]).astype(np.float32)
    opposite = cv2.remap(pixels, where, NO_SECOND_MAP, cv2.INTER_LINEAR).reshape(pixels.shape)
    opposite_known = cv2.remap(known, where, NO_SECOND_MAP, cv2.INTER_LINEAR)[..., None]
    disc += MIRRORED_SHARE * opposite_known * (opposite - disc)
    return disc + known[..., None] * (pixels - disc)


def spread(
    pixels: Float[np.ndarray, "height width channel"], known: Bool[np.ndarray, "height width"], unit: float
) -> Float[np.ndarray, "height width channel"]:
    """Known pixels and, elsewhere, the mean of the known ones nearby; `unit` is the number of pixels to a canvas unit.

    Normalised convolution (Knutsson and Westin, CVPR 1993) with ever wider blurs.
    """
    weight = known.astype(np.float32)[..., None]
    filled, total = pixels * weight, weight
    for reach in SPREADING:
        near = cv2.GaussianBlur(weight, (0, 0), reach * unit)[..., None]
        mean = cv2.GaussianBlur(pixels * weight, (0, 0), reach * unit).reshape(pixels.shape) / np.maximum(near, 1e-6)
        share = (1 - total) * np.clip(SPREADING_GAIN * near, 0, 1)
        filled, total = filled + share * mean, total + share
    mean = (pixels * weight).sum((0, 1)) / weight.sum()
    return filled + (1 - total) * mean
