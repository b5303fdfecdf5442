"""The soft light on a portrait's skin, which stays with the shape of the head while skin moves over it.

A warp carries colour and light together: a raised brow would drag the shadow of its socket up with it, and a blink
would pull it over the eye. Here light is told from skin by its scale (compare expression ratio images: Liu, Shan and
Zhang, SIGGRAPH 2001). What is smooth counts as light, and stays where it falls on the head. What is fine is skin, and
moves. Skin that unfolds comes into the light of the face around it.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from ..curves import smoothstep
from ..face.landmark_indices import BROW_OUTLINES, LIDS, LIP_OUTLINE, OVAL, Lids
from .canvas import FaceCanvas
from .contours import SUBPIXEL_BITS, SimilarityTransform
from .displacement_field import NO_SECOND_MAP, read_at
from .mouth.colours import LUMINANCE
from .refiner.crop import (
    CELL,
    CROP_HEIGHT,
    CROP_ORIGIN,
    CROP_UNIT,
    CROP_WIDTH,
    GRID,
    CellBox,
    cells,
    crop_to_frame,
    into_crop,
    three_channels,
)
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

LARGEST_CHANGE = 1.1  # of the logarithm of light
LEAST_CHANGE = 0.004  # what is less is not drawn: a grey level of 255
LIT_ROWS = 256  # of pixels at a time


@dataclass(frozen=True)
class SkinLight:
    """The light of one portrait, in the refiner's crop."""

    canvas: FaceCanvas
    light: Float[np.ndarray, "height width"]  # logarithm of the soft light's luminance
    around_cells: Float[np.ndarray, "row column 3"]  # the mean colour of the face around each cell
    light_around: Float[np.ndarray, "height width"]  # logarithm of its luminance around each pixel
    stays: Float[np.ndarray, "height width"]  # the share of the light that stays on the head

    @classmethod
    def build(
        cls,
        canvas: FaceCanvas,
        landmarks: Float[np.ndarray, "landmark 2"],
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "SkinLight":
        """`crop` are the pixels that may move, 0 to 1; landmarks in canvas units."""
        colours = into_crop(three_channels(crop), crop_to_frame(canvas, None))
        skin = skin_mask(landmarks)
        logarithm = np.log(colours @ LUMINANCE + DARKEST)
        light, around = mean_of_skin(logarithm, skin, SOFTNESS), mean_of_skin(colours, skin, BROADNESS)
        light_around = np.log(around @ LUMINANCE + DARKEST)
        darker = light_around - cv2.GaussianBlur(logarithm, (0, 0), HAIR_BLUR / CROP_UNIT)
        around_cells = cv2.resize(around, GRID[::-1], interpolation=cv2.INTER_AREA)
        return cls(canvas, light, around_cells, light_around, where_light_stays(landmarks, darker))

    @cached_property
    def band(self) -> CellBox:
        """The cells in which light stays on the head at all."""
        return CellBox.holding(self.stays > LEAST_CHANGE)

    def in_frame(
        self,
        warp: FaceWarp,
        flow: Float[np.ndarray, "row column 2"],
        by_expression: Float[np.ndarray, "row column 2"],
        transform: SimilarityTransform,
    ) -> "FrameLight":
        """The light on the skin of one frame.

        `flow` says where colours come from, `by_expression` how far the expression alone moves the skin of each node.
        `transform` carries the crop with the head.
        """
        middles, part = cells().middles, self.band
        near, place = part.grown(1), part.pixels
        displaced = warp.sample(by_expression, middles[near.area].reshape(-1, 2)).reshape(*near.shape, 2)
        inner = part.within(near)
        on_head = read_at(self.light, enlarged(crop_pixels(middles[near.area] + displaced))[inner])
        own, stays = self.light[place], self.stays[place]
        target = own + stays * (unfolded_light(on_head, self.light_around[place], unfolding(displaced)[inner]) - own)
        points = transform.forward(middles.reshape(-1, 2))
        pixels = crop_pixels((points + warp.sample(flow, points)).reshape(middles.shape))
        reached = part.reached_from(pixels)
        near = reached.grown(1)
        from_corner = pixels[near.area] - np.array([place[1].start, place[0].start], np.float32)
        where = enlarged(from_corner)[reached.within(near)]
        known = cv2.merge([target, own, np.ones_like(own)])
        found = cv2.remap(known, where, NO_SECOND_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        around = read_at(self.around_cells, (pixels + np.float32(0.5)) / CELL - np.float32(0.5))
        return FrameLight(self, reached, found, around, crop_to_frame(self.canvas, transform))


@dataclass(frozen=True)
class FrameLight:
    """The light on the skin of one frame, in a part of the refiner's crop, which moves with the head."""

    portrait: SkinLight
    part: CellBox  # outside of it skin keeps the light that it has
    logarithms: Float[np.ndarray, "height width 3"]  # of the light that falls, that the warp has brought; 1 if known
    around: Float[np.ndarray, "row column 3"]  # the mean colour of the face around each cell of the whole crop
    to_frame: Float[np.ndarray, "2 3"]  # pixels of the crop to pixels of the moving part of the picture

    def light_up(self, pixels: Float[np.ndarray, "height width channel"], area: tuple[slice, slice]) -> None:
        """Lights the pixels of an area of the moving picture, in place, as the warp has brought them."""
        change = self.logarithms[..., 0] - self.logarithms[..., 1]
        left, top, width, height = cv2.boundingRect((np.abs(change) > LEAST_CHANGE).astype(np.uint8))
        if not width:
            return
        origin = np.array([place.start for place in self.part.pixels[::-1]])
        corners = np.array([[x, y] for x in (left - 1, left + width) for y in (top - 1, top + height)]) + origin
        reached = corners @ self.to_frame[:, :2].T + self.to_frame[:, 2] - [area[1].start, area[0].start]
        size = pixels.shape[1::-1]
        (first, above), (last, below) = (
            np.clip(ends, 0, size).astype(int) for ends in (np.floor(reached.min(0)), np.ceil(reached.max(0)) + 1)
        )
        for start in range(above, below if last > first else above, LIT_ROWS):  # large pictures take little memory
            part = slice(start, min(start + LIT_ROWS, below)), slice(first, last)
            rows, columns = (
                slice(own.start + whole.start, own.stop + whole.start) for own, whole in zip(part, area, strict=True)
            )
            target, brought, known = self.spread(rows, columns)
            relight(pixels[part], known * (target - brought), target, self.spread_around(rows, columns))

    def light_lids(
        self,
        pixels: Float[np.ndarray, "height width channel"],
        where: Float[np.ndarray, "height width 2"],
        area: tuple[slice, slice],
        unfolded: Float[np.ndarray, "height width"],
    ) -> None:
        """Lights the pixels of an area, in place, which lids have brought from `where` in the portrait's moving part.

        `unfolded` is how much of the lids has come out of folds, 0 to 1.
        """
        target, _, known = self.spread(*area)
        hue, unfolded = self.spread_around(*area), known * unfolded
        target = unfolded_light(target, np.log(luminance(hue) + DARKEST), unfolded)
        to_crop = cv2.invertAffineTransform(crop_to_frame(self.portrait.canvas, None))
        brought = read_at(self.portrait.light, cv2.transform(where, to_crop))
        relight(pixels, known * (target - brought), target, hue, UNFOLDED_DETAIL * unfolded)

    def spread(self, rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The two logarithms in an area of the moving picture, and 1 within the part, 0 outside of it."""
        top, left = (place.start for place in self.part.pixels)
        values = spread(self.logarithms, self.to_frame, 1, (left, top), (rows, columns), cv2.BORDER_CONSTANT)
        target, brought, known = cv2.split(values)
        inside = np.maximum(known, FAINTEST)
        return target / inside, brought / inside, known

    def spread_around(self, rows: slice, columns: slice) -> Float[np.ndarray, "areaheight areawidth 3"]:
        """The colour of the face around each pixel of an area of the moving picture."""
        return spread(self.around, self.to_frame, CELL, (0, 0), (rows, columns), cv2.BORDER_REPLICATE)


def spread(
    values: Float[np.ndarray, "height width channel"],
    to_frame: Float[np.ndarray, "2 3"],
    size: int,
    corner: tuple[int, int],
    area: tuple[slice, slice],
    border: int,
) -> Float[np.ndarray, "areaheight areawidth channel"]:
    """Values that lie in the crop, in an area of the moving picture.

    Each stands for `size` by `size` pixels of the crop, of which the first begins at `corner` (column and row).
    """
    rows, columns = area
    to_area = to_frame.astype(np.float64)
    to_area[:, 2] += to_area[:, :2] @ (np.array(corner) + (size - 1) / 2) - np.array([columns.start, rows.start])
    to_area[:, :2] *= size
    shape = columns.stop - columns.start, rows.stop - rows.start
    return cv2.warpAffine(values, to_area, shape, borderMode=border)


def relight(
    pixels: Float[np.ndarray, "height width channel"],
    change: Float[np.ndarray, "height width"],
    target: Float[np.ndarray, "height width"],
    around: Float[np.ndarray, "height width 3"],
    detail_loss: Float[np.ndarray, "height width"] | None = None,
) -> None:
    """Changes the light on pixels, in place, by a logarithm; an alpha channel stays.

    Light makes nothing lighter than the `target` (a logarithm). What is darker than the target comes nearer to it by
    `detail_loss`. Shadows on skin are redder, and highlights whiter, than skin: what gains light, and what loses a
    highlight, takes the more of the hue of the face `around` the more its light changes: of its own hue it keeps the
    second and the sixth power of that change.
    """
    colours = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., :1]
    brightness = np.maximum(luminance(around), FAINTEST)
    before = luminance(colours) if colours.shape[2] == 3 else colours[..., 0].copy()
    most = np.exp(target) - np.float32(DARKEST)
    after = before * np.exp(np.clip(change, -LARGEST_CHANGE, LARGEST_CHANGE))
    after = np.minimum(after, np.maximum(most, before))
    if detail_loss is not None:
        after += detail_loss * np.maximum(most - after, 0)
    ratio = after / np.maximum(before, FAINTEST)
    lost = np.minimum(ratio, 1)
    square = lost * lost
    gained = np.minimum(1 / np.maximum(ratio, FAINTEST), 1)
    kept = gained * gained * np.where(before > brightness, square * square * square, 1)
    taken = (1 - kept) * after
    if colours.shape[2] == 1:
        colours[..., 0] = np.clip(kept * after + taken, 0, 1)
        return
    own, new = kept * ratio, taken / brightness
    colours[...] = np.clip(cv2.merge([own, own, own]) * colours + cv2.merge([new, new, new]) * around, 0, 1)


def luminance(colours: Float[np.ndarray, "height width 3"]) -> Float[np.ndarray, "height width"]:
    """The luminance of colours."""
    return cv2.transform(colours, LUMINANCE[None])


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
    """How much of the skin an expression unfolds, 0 to 1, from the displacements of some cells (canvas units)."""
    return enlarged(unfolded_share(np.gradient(displaced[..., 1], CELL * CROP_UNIT, axis=0)))


def crop_pixels(points: Float[np.ndarray, "row column 2"]) -> Float[np.ndarray, "row column 2"]:
    """Places (canvas units) as pixels of the crop."""
    return (points - np.array(CROP_ORIGIN, np.float32)) / np.float32(CROP_UNIT) - np.float32(0.5)


def enlarged(values: Float[np.ndarray, "row column *channel"]) -> Float[np.ndarray, "height width *channel"]:
    """Values given for some cells of the crop, for each of their pixels."""
    rows, columns = values.shape[:2]
    return cv2.resize(values, (CELL * columns, CELL * rows), interpolation=cv2.INTER_LINEAR)


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
