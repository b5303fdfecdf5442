"""What lids hide and uncover: the eyeball continued behind them, and their own skin without lashes."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from ...face.landmark_indices import Lids
from ..contours import OpeningContour, forward_in_x
from ..pixel_box import PixelBox

REACH = 0.35  # of the eye's width: how far the pictures reach beyond the opening
LID_EDGE = 1.4  # canvas units inside the opening that lashes and their shadow darken
IRIS_EDGE = 1.5  # canvas units over which the iris gives way to the white
LEAST_APERTURE = 0.1  # a portrait whose eyes are narrower shows too little to complete
LEAST_PIXELS = 12
SPREADING = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # canvas units
WHITE_QUANTILE = 0.35  # of the visible white: what is darker is shadow, or a lash
LASH_WIDTH = 0.11  # of the eye's width: dark details up to this size are no part of a lid's skin


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
        pixels, unit = crop[box.area], float(np.hypot(box.to_box[0, 0], box.to_box[1, 0]))
        size = max(3, 2 * round(0.5 * LASH_WIDTH * contour.width * unit) + 1)
        closed = cv2.morphologyEx(pixels, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        lid_skin = cv2.GaussianBlur(closed, (0, 0), max(0.06 * size, 0.3)).reshape(pixels.shape)
        eyeball = completed_eyeball(pixels, box, contour, landmarks, lids, unit)
        return cls(box, lid_skin, eyeball)

    def local(self, where: Float[np.ndarray, "height width 2"]) -> Float[np.ndarray, "height width 2"]:
        """Pixel coordinates of the crop in these pictures."""
        return where - np.array([self.box.area[1].start, self.box.area[0].start], np.float32)


def completed_eyeball(
    pixels: Float[np.ndarray, "height width channel"],
    box: PixelBox,
    contour: OpeningContour,
    landmarks: Float[np.ndarray, "landmark 2"],
    lids: Lids,
    unit: float,
) -> Float[np.ndarray, "height width channel"] | None:
    """The eyeball without lids. A hidden part of the iris mirrors the part below or above its centre, or takes the
    colour the iris has at that distance from it; a hidden part of the white continues what is seen. `unit` is pixels.
    """
    centre = landmarks[lids.iris[0]]
    radius = float(np.linalg.norm(landmarks[list(lids.iris[1:])] - centre, axis=1).mean())
    upper, lower = (forward_in_x(curve) for curve in (contour.upper, contour.lower))
    above = box.y - np.interp(box.x, upper[:, 0], upper[:, 1])
    below = np.interp(box.x, lower[:, 0], lower[:, 1]) - box.y
    inside = np.minimum(np.minimum(above, below), np.minimum(box.x - contour.left, contour.right - box.x))
    distance = np.hypot(box.x - centre[0], box.y - centre[1])
    seen = inside > LID_EDGE
    in_iris, in_white = seen & (distance < radius), seen & (distance > radius + 0.5 * IRIS_EDGE)
    if contour.aperture < LEAST_APERTURE or min(in_iris.sum(), in_white.sum()) < LEAST_PIXELS:
        return None
    light = pixels[..., :3].mean(-1)
    white = spread(pixels, in_white & (light >= np.quantile(light[in_white], WHITE_QUANTILE)), unit)
    iris = complete_iris(pixels, in_iris, box, centre, distance, radius)
    share = np.clip((radius - distance) / IRIS_EDGE + 0.5, 0, 1)[..., None]
    eyeball = white + share * (iris - white)
    own = np.clip(inside / LID_EDGE - 0.4, 0, 1)[..., None]
    return (eyeball + own * (pixels - eyeball)).astype(np.float32)


def complete_iris(
    pixels: Float[np.ndarray, "height width channel"],
    seen: Bool[np.ndarray, "height width"],
    box: PixelBox,
    centre: Float[np.ndarray, "2"],
    distance: Float[np.ndarray, "height width"],
    radius: float,
) -> Float[np.ndarray, "height width channel"]:
    """The iris as a full disc: seen pixels, mirrored ones, and else the mean colour of its rings."""
    ring = np.clip(12 * distance / radius, 0, 12).astype(int)
    means, last = np.empty((13, pixels.shape[2]), np.float32), np.median(pixels[seen], 0)
    for index in range(12, -1, -1):  # from the rim inwards: the pupil is dark, its hidden part as well
        members = seen & (ring == index)
        last = pixels[members].mean(0) if members.any() else last
        means[index] = last
    disc = cv2.GaussianBlur(means[ring], (0, 0), 0.8).reshape(pixels.shape)
    known = seen.astype(np.float32)
    mirrored = np.stack([box.x, 2 * centre[1] - box.y], -1)
    where = (mirrored @ box.to_box[:, :2].T + box.to_box[:, 2]).astype(np.float32)
    opposite = cv2.remap(pixels, where, None, cv2.INTER_LINEAR).reshape(pixels.shape)  # pyright: ignore
    opposite_known = cv2.remap(known, where, None, cv2.INTER_LINEAR)[..., None]  # pyright: ignore
    disc += 0.7 * opposite_known * (opposite - disc)
    return disc + known[..., None] * (pixels - disc)


def spread(
    pixels: Float[np.ndarray, "height width channel"], known: Bool[np.ndarray, "height width"], unit: float
) -> Float[np.ndarray, "height width channel"]:
    """Known pixels and, elsewhere, the mean of the known ones nearby: normalised convolution, ever wider."""
    weight = known.astype(np.float32)[..., None]
    filled, total = pixels * weight, weight
    for reach in SPREADING:
        near = cv2.GaussianBlur(weight, (0, 0), reach * unit)[..., None]
        mean = cv2.GaussianBlur(pixels * weight, (0, 0), reach * unit).reshape(pixels.shape) / np.maximum(near, 1e-6)
        share = (1 - total) * np.clip(6 * near, 0, 1)
        filled, total = filled + share * mean, total + share
    mean = (pixels * weight).sum((0, 1)) / weight.sum()
    return filled + (1 - total) * mean
