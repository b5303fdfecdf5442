"""The refiner's crop of a face: its size, its place in the canvas, and its grid of cells."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from ..canvas import CANVAS_SIDE, FaceCanvas
from ..contours import SimilarityTransform

CROP_WIDTH, CROP_HEIGHT = 144, 192  # pixels of the crop
CELL = 4  # pixels of the crop along a side of a cell of the network's grid
CROP_UNIT = 1.5  # canvas units a pixel of the crop
CROP_ORIGIN = (CANVAS_SIDE / 2 - 108, CANVAS_SIDE / 2 - 156)  # canvas units; the face lies in the middle
CROP_CORNERS = np.array([[0, 0, 1], [CROP_WIDTH, 0, 1], [0, CROP_HEIGHT, 1], [CROP_WIDTH, CROP_HEIGHT, 1]])
GRID = CROP_HEIGHT // CELL, CROP_WIDTH // CELL


@dataclass(frozen=True)
class Cells:
    """The network's grid: column and row of each cell, and the middles of the cells in canvas units."""

    places: Float[np.ndarray, "row column 2"]
    middles: Float[np.ndarray, "row column 2"]


@functools.cache
def cells() -> Cells:
    """The grid, made once."""
    rows, columns = GRID
    places = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).astype(np.float32)
    return Cells(places, crop_to_canvas(places * CELL + (CELL - 1) / 2))


@dataclass(frozen=True)
class CellBox:
    """Some rows and columns of the crop's cells, first and end."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    @classmethod
    def holding(cls, mask: Bool[np.ndarray, "height width"]) -> "CellBox":
        """The cells that hold all pixels of a mask of the crop; at least one."""
        return cls.holding_cells(np.asarray(mask.reshape(GRID[0], CELL, GRID[1], CELL).any((1, 3))))

    @classmethod
    def holding_cells(cls, mask: Bool[np.ndarray, "row column"]) -> "CellBox":
        """The rows and columns that hold all cells of a mask of the grid; at least one cell."""
        left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
        return cls((top, max(top + height, 1)), (left, max(left + width, 1)))

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    @property
    def area(self) -> tuple[slice, slice]:
        """The cells, as slices of the grid."""
        return slice(*self.rows), slice(*self.columns)

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Their pixels, as slices of the crop."""
        return slice(CELL * self.rows[0], CELL * self.rows[1]), slice(CELL * self.columns[0], CELL * self.columns[1])

    def grown(self, margin: int) -> "CellBox":
        """With so many cells more on each side, as far as the grid reaches."""
        (top, bottom), (left, right) = self.rows, self.columns
        return CellBox(
            (max(top - margin, 0), min(bottom + margin, GRID[0])), (max(left - margin, 0), min(right + margin, GRID[1]))
        )

    def within(self, other: "CellBox") -> tuple[slice, slice]:
        """The pixels of these cells in those of another box that holds them."""
        top, left = CELL * (self.rows[0] - other.rows[0]), CELL * (self.columns[0] - other.columns[0])
        return slice(top, top + CELL * self.shape[0]), slice(left, left + CELL * self.shape[1])

    def reached_from(self, pixels: Float[np.ndarray, "row column 2"]) -> "CellBox":
        """The cells of a frame whose skin comes from this box; `pixels` says where in the crop each cell's comes from.

        One cell more than that on each side, for what lies between middles of cells.
        """
        rows, columns = self.pixels
        low, high = (columns.start - CELL, rows.start - CELL), (columns.stop + CELL, rows.stop + CELL)
        return CellBox.holding_cells(cv2.inRange(pixels, low, high).astype(bool)).grown(1)


def crop_to_canvas(pixels: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
    """Canvas units of places in the crop, which count from the middle of the first pixel."""
    return ((pixels + 0.5) * CROP_UNIT + np.array(CROP_ORIGIN)).astype(np.float32)


def crop_to_frame(canvas: FaceCanvas, transform: SimilarityTransform | None) -> Float[np.ndarray, "2 3"]:
    """The affine map from pixels of the crop to pixels of the moving part of the picture.

    `transform` moves the crop with the head; None where the head is as in the portrait.
    """
    corners = crop_to_canvas(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    origin, across, down = canvas.source_points(corners if transform is None else transform.forward(corners))
    return np.stack([across - origin, down - origin, origin - canvas.roi[:2]], 1).astype(np.float32)


def into_crop(
    picture: Float[np.ndarray, "cropheight cropwidth 3"], to_frame: Float[np.ndarray, "2 3"]
) -> Float[np.ndarray, "height width 3"]:
    """The crop of a picture; a picture with more than two pixels to a pixel of the crop is reduced first."""
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
    """The colours of a picture: grey is repeated, and an alpha channel is left out."""
    if picture.shape[2] == 3:
        return picture
    return np.repeat(picture[..., :1], 3, 2) if picture.shape[2] < 3 else np.ascontiguousarray(picture[..., :3])
