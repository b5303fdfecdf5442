"""What the refiner sees of a frame: a crop of its own, upright and of one size whatever the portrait's.

One value a pixel for colours, creases and openings, one value a cell of the network's grid for what is smooth: the
portrait's colours, where its skin lies on the resting face, and how far it has moved.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float
from scipy.interpolate import RBFInterpolator

from ...curves import smoothstep
from ...face.landmark_indices import BROWS, CHIN, FOREHEAD, LIDS, LIP_CORNERS, LOWER_LIP_ROWS, UPPER_LIP_ROWS
from ...types import FaceReference
from ..contours import OpeningContour, SimilarityTransform
from ..displacement_field import read_at
from ..warp import CANVAS_SIDE, FaceCanvas, FaceWarp
from .wrinkles import crease_maps, crease_strengths

CROP_WIDTH, CROP_HEIGHT = 144, 192  # pixels of the crop
CELL = 4  # pixels of the crop along a side of a cell of the network's grid
CROP_UNIT = 1.5  # canvas units a pixel of the crop
CROP_ORIGIN = (CANVAS_SIDE / 2 - 108, CANVAS_SIDE / 2 - 156)  # canvas units; the face lies in the middle
CROP_CORNERS = np.array([[0, 0, 1], [CROP_WIDTH, 0, 1], [0, CROP_HEIGHT, 1], [CROP_WIDTH, CROP_HEIGHT, 1]])
GRID = CROP_HEIGHT // CELL, CROP_WIDTH // CELL
RELIEF_SCALE = 10.0  # centimetres of skin relief to about one
FAINTEST_RELIEF = 0.001  # what is less is left out
FULL_MOTION = 2.0  # canvas units of motion at which nearly the whole change is shown
BORDER = 10.0  # pixels of the crop over which the change fades
EYE_OPENING = 0.5  # how lids' opening is marked, beside 1 for the mouth's
HEAD_CORNERS = (33, 263)  # the outer corners of the eyes carry the crop
LOWER_LANDMARKS = np.array([*UPPER_LIP_ROWS[0], *LOWER_LIP_ROWS[0], *LIP_CORNERS, *CHIN, 205, 425, 50, 280])
UPPER_LANDMARKS = np.array([*BROWS, *FOREHEAD, *(index for lids in LIDS for index in (*lids.upper, *lids.lower))])
FACE_SPLIT = (80.0, 110.0)  # rows of the crop between which the upper face gives way to the lower one
NUM_DETAILS = 5  # colours, change of the creases, openings: one value a pixel
NUM_LAYOUT = 8  # what has one value a cell


@runtime_checkable
class Painter(Protocol):
    """Whatever changes composed frames: a `Refiner`, or a stand-in that only looks on."""

    def paint(self, inputs: "RefinerInputs", moving: Float[np.ndarray, "cropheight cropwidth channel"], /) -> None: ...


@dataclass(frozen=True)
class RefinerInputs:
    """What the refiner sees of one frame, in the crop."""

    details: Float[np.ndarray, "height width detail"]
    layout: Float[np.ndarray, "row column layout"]
    expressions: Float[np.ndarray, "two_expressions"]
    share: Float[np.ndarray, "height width 1"]  # how much of the network's change is shown; 0 where nothing moves
    to_frame: Float[np.ndarray, "2 3"]  # pixels of the crop to pixels of the moving part of the picture


@functools.cache
def share_masks() -> tuple[Float[np.ndarray, "height width"], Float[np.ndarray, "height width"]]:
    """Where the crop belongs to the lower face, and where it lies away from its border."""
    rows, columns = np.arange(CROP_HEIGHT)[:, None], np.arange(CROP_WIDTH)[None]
    first, last = FACE_SPLIT
    lowness = smoothstep((rows - first) / (last - first)) * np.ones((1, CROP_WIDTH))
    border = np.minimum(np.minimum(rows, CROP_HEIGHT - 1 - rows), np.minimum(columns, CROP_WIDTH - 1 - columns))
    return lowness.astype(np.float32), smoothstep(border / BORDER).astype(np.float32)


@dataclass(frozen=True)
class RefinerPortrait:
    """What the refiner has to know about one portrait."""

    canvas: FaceCanvas
    landmarks: Float[np.ndarray, "landmark 2"]  # canvas units
    expression: Float[np.ndarray, "expression"]
    reliefs: tuple["Relief", ...]  # of the creases, in the crop of the portrait
    still: Float[np.ndarray, "row column 5"]  # the portrait's colours and where its skin lies on the resting face

    @classmethod
    def build(
        cls,
        face: FaceReference,
        mean: Float[np.ndarray, "landmark 3"],
        canvas: FaceCanvas,
        landmarks: Float[np.ndarray, "landmark 2"],
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "RefinerPortrait":
        """`mean` is the face basis' resting face, `crop` the part of the picture that may move."""
        rows, columns = GRID
        middles = cells().middles.reshape(-1, 2)
        places = places_at_rest(landmarks, mean)(middles).reshape(rows, columns, 2).astype(np.float32)
        at_rest = cv2.resize(places, (CROP_WIDTH, CROP_HEIGHT), interpolation=cv2.INTER_CUBIC)
        colours = into_crop(three_channels(crop), crop_to_frame(canvas, None))
        small = cv2.resize(colours, (columns, rows), interpolation=cv2.INTER_AREA)
        still = np.concatenate([small, places / 10], 2).astype(np.float32)
        sides = at_rest, at_rest * np.array([-1, 1], np.float32)
        drawn = tuple(Relief.of(*crease.seen_at(side)) for side in sides for crease in crease_maps())
        return cls(canvas, landmarks, face.expression.astype(np.float32), drawn, still)

    def inputs(
        self,
        moving: Float[np.ndarray, "cropheight cropwidth channel"],
        warp: FaceWarp,
        flow: Float[np.ndarray, "row column 2"],
        contours: Sequence[OpeningContour],
        expression: Float[np.ndarray, "expression"],
        moved: Float[np.ndarray, "landmark 2"],
        by_head: Float[np.ndarray, "landmark 2"],
    ) -> RefinerInputs | None:
        """Of a composed frame whose mouth, right and left eye open in `contours`; None where neither the upper nor
        the lower face has moved."""
        by_face = np.linalg.norm(moved - by_head, axis=1)
        share = shown_share(by_face)
        if share is None:
            return None
        corners = list(HEAD_CORNERS)
        carry = SimilarityTransform.of_corners(self.landmarks[corners], by_head[corners])
        to_frame = crop_to_frame(self.canvas, carry)
        details = np.empty((CROP_HEIGHT, CROP_WIDTH, NUM_DETAILS), np.float32)
        details[..., :3] = into_crop(three_channels(moving), to_frame)
        back = self.backward(warp, flow, carry)
        from_pixel = cv2.resize(back, (CROP_WIDTH, CROP_HEIGHT), interpolation=cv2.INTER_LINEAR)
        strengths = crease_strengths(expression) - crease_strengths(self.expression)
        folds = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.float32)
        for index in np.flatnonzero(strengths):
            folds[self.reliefs[index].area] += strengths[index] * self.reliefs[index].heights
        details[..., 3] = read_at(folds, from_pixel)
        details[..., 4] = openings(contours, carry)
        rows, columns = GRID
        layout = np.empty((rows, columns, NUM_LAYOUT), np.float32)
        at_cells = (back + 0.5) / CELL - 0.5
        layout[..., :3] = self.still[..., :3]
        layout[..., 3:5] = read_at(np.ascontiguousarray(self.still[..., 3:]), at_cells)
        layout[..., 5:7] = (at_cells - cells().places) / 5
        layout[..., 7] = cv2.resize(share[..., 0], (columns, rows), interpolation=cv2.INTER_AREA)
        expressions = np.concatenate([expression, expression - self.expression]).astype(np.float32)
        return RefinerInputs(details, layout, expressions, share, to_frame)

    def backward(
        self, warp: FaceWarp, flow: Float[np.ndarray, "row column 2"], carry: SimilarityTransform
    ) -> Float[np.ndarray, "gridrow gridcolumn 2"]:
        """The pixel of the portrait's crop that each cell's skin comes from."""
        points = carry.forward(cells().middles.reshape(-1, 2)).astype(np.float32)
        source = (points + warp.sample(flow, points)).reshape(*GRID, 2)
        return ((source - np.array(CROP_ORIGIN, np.float32)) / CROP_UNIT - 0.5).astype(np.float32)


def places_at_rest(
    landmarks: Float[np.ndarray, "landmark 2"], mean: Float[np.ndarray, "landmark 3"]
) -> RBFInterpolator:
    """From canvas units of a portrait to centimetres of the basis' resting face, seen from the front."""
    return RBFInterpolator(landmarks, mean[:, :2], smoothing=1.0)


@dataclass(frozen=True)
class Relief:
    """One crease's heights at full strength, in the part of the crop where there are any."""

    area: tuple[slice, slice]
    heights: Float[np.ndarray, "somerow somecolumn"]

    @classmethod
    def of(cls, around: tuple[slice, slice], relief: Float[np.ndarray, "largerow largercolumn"]) -> "Relief":
        """Of a crease's heights in centimetres around it."""
        heights = RELIEF_SCALE * relief
        left, top, width, height = cv2.boundingRect((np.abs(heights) > FAINTEST_RELIEF).astype(np.uint8))
        rows, columns = slice(top, top + height), slice(left, left + width)
        top, left = top + around[0].start, left + around[1].start
        return cls((slice(top, top + height), slice(left, left + width)), heights[rows, columns].copy())


@dataclass(frozen=True)
class Cells:
    """The network's grid: columns and rows, and where the cells' middles are in the canvas."""

    places: Float[np.ndarray, "row column 2"]
    middles: Float[np.ndarray, "row column 2"]


@functools.cache
def cells() -> Cells:
    rows, columns = GRID
    places = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).astype(np.float32)
    return Cells(places, crop_to_canvas(places * CELL + (CELL - 1) / 2))


def crop_to_canvas(pixels: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
    return ((pixels + 0.5) * CROP_UNIT + np.array(CROP_ORIGIN)).astype(np.float32)


def crop_to_frame(canvas: FaceCanvas, carry: SimilarityTransform | None) -> Float[np.ndarray, "2 3"]:
    """The affine map from pixels of the crop to pixels of the moving part, after the head has carried the crop."""
    corners = crop_to_canvas(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    origin, across, down = canvas.source_points(corners if carry is None else carry.forward(corners))
    return np.stack([across - origin, down - origin, origin - canvas.roi[:2]], 1).astype(np.float32)


def into_crop(
    picture: Float[np.ndarray, "cropheight cropwidth 3"], to_frame: Float[np.ndarray, "2 3"]
) -> Float[np.ndarray, "height width 3"]:
    """The crop of a picture; one much larger than the crop is averaged first."""
    coarse = int(np.hypot(*to_frame[:, 0]))
    if coarse > 1:
        size = (picture.shape[1] // coarse, picture.shape[0] // coarse)
        scale = np.array(size) / picture.shape[1::-1]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        to_frame = to_frame * scale[:, None].astype(np.float32)
        to_frame[:, 2] += scale / 2 - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, to_frame, (CROP_WIDTH, CROP_HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def three_channels(picture: Float[np.ndarray, "height width channel"]) -> Float[np.ndarray, "height width 3"]:
    if picture.shape[2] == 3:
        return picture
    return np.repeat(picture[..., :1], 3, 2) if picture.shape[2] < 3 else np.ascontiguousarray(picture[..., :3])


def shown_share(by_face: Float[np.ndarray, "landmark"]) -> Float[np.ndarray, "height width 1"] | None:
    """How much of a change is shown at each pixel, from how far the face moves each landmark; None for nowhere."""
    upper, lower = (
        1 - np.exp(-((float(np.sqrt((by_face[part] ** 2).mean())) / FULL_MOTION) ** 2))
        for part in (UPPER_LANDMARKS, LOWER_LANDMARKS)
    )
    if max(upper, lower) < 1e-4:
        return None
    lowness, inside = share_masks()
    return (inside * (np.float32(upper) + np.float32(lower - upper) * lowness))[..., None]


def openings(contours: Sequence[OpeningContour], carry: SimilarityTransform) -> Float[np.ndarray, "height width"]:
    """Mouth and eyes as they stand open, in the crop."""
    mask = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.uint8)
    for contour, value in zip(contours, (1.0, EYE_OPENING, EYE_OPENING), strict=True):
        if contour.aperture > 0.005:
            outline = contour.outline()
            places = np.stack(carry.backward(outline[:, 0], outline[:, 1]), 1)
            points = np.round(16 * ((places - CROP_ORIGIN) / CROP_UNIT - 0.5)).astype(np.int32)
            cv2.fillPoly(mask, [points], round(255 * value), lineType=cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255
