"""Inputs of the refiner for one frame, in a crop of its own: upright, and of one size for every portrait.

Colours, creases and openings have one value for each pixel. What is smooth has one value for each cell of the network's
grid: the portrait's colours, where its skin lies on the resting face, and how far it has moved.
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
from ...face.landmark_indices import (
    BROWS,
    CHIN,
    FOREHEAD,
    LIDS,
    LIP_CORNERS,
    LOWER_LIP_ROWS,
    OUTER_EYE_CORNERS,
    UPPER_LIP_ROWS,
)
from ...types import FaceReference
from ..canvas import FaceCanvas
from ..contours import OpeningContour, SimilarityTransform
from ..displacement_field import read_at
from ..mouth.colours import colourfulness, skin_colour
from ..warp import FaceWarp
from .crop import (
    CELL,
    CROP_HEIGHT,
    CROP_ORIGIN,
    CROP_UNIT,
    CROP_WIDTH,
    GRID,
    cells,
    crop_to_frame,
    into_crop,
    three_channels,
)
from .wrinkles import crease_maps, crease_strengths

RELIEF_SCALE = 10.0  # from centimetres of skin relief to network inputs of about 1
FAINTEST_RELIEF = 0.001  # of such inputs; what is less is left out
FULL_MOTION = 2.0  # canvas units, root mean square, at which 63 % of the change is shown and at twice of which 98 %
BORDER = 10.0  # pixels of the crop over which the change fades
EYE_OPENING = 0.5  # the value of open eyes in the mask of openings; the open mouth has 1
LOWER_LANDMARKS = np.array([*UPPER_LIP_ROWS[0], *LOWER_LIP_ROWS[0], *LIP_CORNERS, *CHIN, 205, 425, 50, 280])
UPPER_LANDMARKS = np.array([*BROWS, *FOREHEAD, *(index for lids in LIDS for index in (*lids.upper, *lids.lower))])
FACE_SPLIT = (80.0, 110.0)  # rows of the crop between which the upper face gives way to the lower one
NUM_DETAILS = 5  # colours, change of the creases, openings: one value a pixel
NUM_LAYOUT = 8  # what has one value a cell


@runtime_checkable
class Painter(Protocol):
    """Changes composed frames: a `Refiner`, or a stand-in that keeps what a refiner would see."""

    def paint(self, inputs: "RefinerInputs", moving: Float[np.ndarray, "cropheight cropwidth channel"], /) -> None:
        """Changes the moving part of a frame (0 to 1) in place."""
        ...


@dataclass(frozen=True)
class RefinerInputs:
    """Everything that the refiner is given of one frame, in its crop."""

    details: Float[np.ndarray, "height width detail"]
    layout: Float[np.ndarray, "row column layout"]
    expressions: Float[np.ndarray, "two_expressions"]
    share: Float[np.ndarray, "height width 1"]  # how much of the network's change is shown; 0 where nothing moves
    to_frame: Float[np.ndarray, "2 3"]  # pixels of the crop to pixels of the moving part of the picture
    colourfulness: float = 1.0  # of the picture: 0 in black and white


@functools.cache
def share_masks() -> tuple[Float[np.ndarray, "height width"], Float[np.ndarray, "height width"]]:
    """Two masks of the crop, 0 to 1: the lower face, and what lies away from the crop's border."""
    rows, columns = np.arange(CROP_HEIGHT)[:, None], np.arange(CROP_WIDTH)[None]
    first, last = FACE_SPLIT
    lowness = smoothstep((rows - first) / (last - first)) * np.ones((1, CROP_WIDTH))
    border = np.minimum(np.minimum(rows, CROP_HEIGHT - 1 - rows), np.minimum(columns, CROP_WIDTH - 1 - columns))
    return lowness.astype(np.float32), smoothstep(border / BORDER).astype(np.float32)


@dataclass(frozen=True)
class RefinerPortrait:
    """The inputs of the refiner that are the same for all frames of one portrait."""

    canvas: FaceCanvas
    landmarks: Float[np.ndarray, "landmark 2"]  # canvas units
    expression: Float[np.ndarray, "expression"]
    reliefs: tuple["Relief", ...]  # of the creases, in the crop of the portrait
    still: Float[np.ndarray, "row column 5"]  # the portrait's colours and where its skin lies on the resting face
    colourfulness: float  # of the picture: 0 in black and white

    @classmethod
    def build(
        cls,
        face: FaceReference,
        places: Float[np.ndarray, "row column 2"],
        canvas: FaceCanvas,
        landmarks: Float[np.ndarray, "landmark 2"],
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "RefinerPortrait":
        """`places` are those of `resting_places`, `crop` is the part of the picture that moves."""
        rows, columns = GRID
        colours = into_crop(three_channels(crop), crop_to_frame(canvas, None))
        small = cv2.resize(colours, (columns, rows), interpolation=cv2.INTER_AREA)
        still = np.concatenate([small, places / 10], 2).astype(np.float32)
        drawn = crease_reliefs_at(places)
        crop_landmarks = (landmarks - np.array(CROP_ORIGIN, np.float32)) / CROP_UNIT - 0.5
        chroma = colourfulness(skin_colour(colours, crop_landmarks))
        return cls(canvas, landmarks, face.expression.astype(np.float32), drawn, still, chroma)

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
        """Inputs of a composed frame; None where neither the upper nor the lower face has moved.

        `contours` are the openings of the mouth, the right eye and the left eye. `moved` and `by_head` are the
        displacements of the landmarks by everything and by the head alone, in canvas units.
        """
        by_face = np.linalg.norm(moved - by_head, axis=1)
        share = shown_share(by_face)
        if share is None:
            return None
        corners = list(OUTER_EYE_CORNERS)  # they carry the crop
        transform = SimilarityTransform.of_corners(self.landmarks[corners], by_head[corners])
        to_frame = crop_to_frame(self.canvas, transform)
        details = np.empty((CROP_HEIGHT, CROP_WIDTH, NUM_DETAILS), np.float32)
        details[..., :3] = into_crop(three_channels(moving), to_frame)
        back = self.backward(warp, flow, transform)
        from_pixel = cv2.resize(back, (CROP_WIDTH, CROP_HEIGHT), interpolation=cv2.INTER_LINEAR)
        details[..., 3] = read_at(self.crease_change(expression), from_pixel)
        details[..., 4] = openings(contours, transform)
        layout = self.layout(back, share)
        expressions = np.concatenate([expression, expression - self.expression]).astype(np.float32)
        return RefinerInputs(details, layout, expressions, share, to_frame, self.colourfulness)

    def crease_change(self, expression: Float[np.ndarray, "expression"]) -> Float[np.ndarray, "height width"]:
        """The relief of creases that come (below 0 in their furrows) and go, in the crop of the portrait."""
        strengths = crease_strengths(expression) - crease_strengths(self.expression)
        relief = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.float32)
        for index in np.flatnonzero(strengths):
            relief[self.reliefs[index].area] += strengths[index] * self.reliefs[index].heights
        return relief

    def layout(
        self, back: Float[np.ndarray, "row column 2"], share: Float[np.ndarray, "height width 1"]
    ) -> Float[np.ndarray, "row column layout"]:
        """What has one value for each cell: the portrait's colours, place on the resting face, motion and share.

        `back` is the result of `backward`, `share` that of `shown_share`.
        """
        rows, columns = GRID
        layout = np.empty((rows, columns, NUM_LAYOUT), np.float32)
        at_cells = (back + 0.5) / CELL - 0.5
        layout[..., :3] = self.still[..., :3]
        layout[..., 3:5] = read_at(np.ascontiguousarray(self.still[..., 3:]), at_cells)
        layout[..., 5:7] = (at_cells - cells().places) / 5
        layout[..., 7] = cv2.resize(share[..., 0], (columns, rows), interpolation=cv2.INTER_AREA)
        return layout

    def backward(
        self, warp: FaceWarp, flow: Float[np.ndarray, "row column 2"], transform: SimilarityTransform
    ) -> Float[np.ndarray, "gridrow gridcolumn 2"]:
        """The place in the portrait's crop (pixels) from which the skin of each cell comes."""
        points = transform.forward(cells().middles.reshape(-1, 2)).astype(np.float32)
        source = (points + warp.sample(flow, points)).reshape(*GRID, 2)
        return ((source - np.array(CROP_ORIGIN, np.float32)) / CROP_UNIT - 0.5).astype(np.float32)


def resting_places(
    landmarks: Float[np.ndarray, "landmark 2"], mean: Float[np.ndarray, "landmark 3"]
) -> Float[np.ndarray, "row column 2"]:
    """Where the skin at each cell of the crop lies on the resting face of the basis, whose landmarks are `mean` (cm).

    `landmarks` are a portrait's, in canvas units.
    """
    found = places_at_rest(landmarks, mean)(cells().middles.reshape(-1, 2))
    return found.reshape(*GRID, 2).astype(np.float32)


def crease_reliefs_at(places: Float[np.ndarray, "row column 2"]) -> tuple["Relief", ...]:
    """Every crease in the crop of a portrait with these `resting_places`; the person's left side comes first."""
    at_rest = cv2.resize(places, (CROP_WIDTH, CROP_HEIGHT), interpolation=cv2.INTER_CUBIC)
    sides = at_rest, at_rest * np.array([-1, 1], np.float32)
    return tuple(Relief.of(*crease.seen_at(side)) for side in sides for crease in crease_maps())


def places_at_rest(
    landmarks: Float[np.ndarray, "landmark 2"], mean: Float[np.ndarray, "landmark 3"]
) -> RBFInterpolator:
    """A map from places in a portrait (canvas units) to the resting face of the basis, seen from the front (cm)."""
    return RBFInterpolator(landmarks, mean[:, :2], smoothing=1.0)


@dataclass(frozen=True)
class Relief:
    """The heights of one crease at full strength, in the part of the crop where they are not zero."""

    area: tuple[slice, slice]
    heights: Float[np.ndarray, "somerow somecolumn"]

    @classmethod
    def of(cls, around: tuple[slice, slice], relief: Float[np.ndarray, "largerow largercolumn"]) -> "Relief":
        """From heights in centimetres that a crease has within `around`, rows and columns of the crop."""
        heights = RELIEF_SCALE * relief
        left, top, width, height = cv2.boundingRect((np.abs(heights) > FAINTEST_RELIEF).astype(np.uint8))
        rows, columns = slice(top, top + height), slice(left, left + width)
        top, left = top + around[0].start, left + around[1].start
        return cls((slice(top, top + height), slice(left, left + width)), heights[rows, columns].copy())


def shown_share(by_face: Float[np.ndarray, "landmark"]) -> Float[np.ndarray, "height width 1"] | None:
    """The share of the network's change that is shown at each pixel; None where it is nowhere more than 0.0001.

    `by_face` is how far the expression has moved each landmark, in canvas units.
    """
    upper, lower = (
        1 - np.exp(-((float(np.sqrt((by_face[part] ** 2).mean())) / FULL_MOTION) ** 2))
        for part in (UPPER_LANDMARKS, LOWER_LANDMARKS)
    )
    if max(upper, lower) < 1e-4:
        return None
    lowness, inside = share_masks()
    return (inside * (np.float32(upper) + np.float32(lower - upper) * lowness))[..., None]


def openings(contours: Sequence[OpeningContour], transform: SimilarityTransform) -> Float[np.ndarray, "height width"]:
    """A mask of the crop: 1 in the open mouth, EYE_OPENING in open eyes, else 0."""
    mask = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.uint8)
    for contour, value in zip(contours, (1.0, EYE_OPENING, EYE_OPENING), strict=True):
        if contour.aperture > 0.005:
            outline = contour.outline()
            places = np.stack(transform.backward(outline[:, 0], outline[:, 1]), 1)
            points = np.round(16 * ((places - CROP_ORIGIN) / CROP_UNIT - 0.5)).astype(np.int32)
            cv2.fillPoly(mask, [points], round(255 * value), lineType=cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255
