"""Boxes of pixels around the eyes and the mouth, where cuts decide pixel by pixel what is seen."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from .canvas import FaceCanvas
from .displacement_field import NO_SECOND_MAP, read_at
from .warp import FaceWarp

TABLE_COLUMNS = 160  # of a table of curves y(x); by eye, on the bundled portraits
FRINGE = 4.0  # pixels of blur with which visible colours spread into invisible ones; by eye, on the bundled portraits
# Soft things (blurs, masks, drawings of teeth) are made with at most so many pixels to a canvas unit, and enlarged for
# larger faces: the cost of their blurs would grow with the fourth power of a face's size. By eye, on a face of 4000.
WORKING_DENSITY = 4.0
FAINTEST = 1e-4  # keeps divisions finite where nothing visible is near


@dataclass(frozen=True)
class PixelBox:
    """A box of pixels in the roi, with what never changes about them."""

    area: tuple[slice, slice]  # rows and columns of the roi
    x: Float[np.ndarray, "height width"]  # canvas coordinates of each pixel
    y: Float[np.ndarray, "height width"]
    position: Float[np.ndarray, "height width 2"]  # pixel coordinates in the roi
    nodes: Float[np.ndarray, "height width 2"]  # fractional node coordinates
    to_box: Float[np.ndarray, "2 3"]  # canvas units to pixels of the box
    table_x: Float[np.ndarray, "column"]  # canvas x of the columns of a table of curves
    table_map: Float[np.ndarray, "height width 2"]  # where each pixel reads such a table

    @property
    def pixels_per_unit(self) -> float:
        """The length of a canvas unit in pixels."""
        return float(np.hypot(self.to_box[0, 0], self.to_box[1, 0]))

    @property
    def units_per_pixel(self) -> float:
        """The side of a pixel in canvas units."""
        return 1 / self.pixels_per_unit

    @classmethod
    def around(cls, warp: FaceWarp, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]) -> "PixelBox":
        """The part of the roi that holds the rectangle from low to high (canvas units)."""
        canvas = warp.canvas
        origin = np.array(canvas.roi[:2])
        to_roi = canvas.to_source.copy()
        to_roi[:, 2] -= origin
        size = np.array(canvas.roi[2:]) - origin
        rows, columns = pixel_area(to_roi, low, high, (int(size[1]), int(size[0])))
        across, down = np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)
        position = np.stack(np.meshgrid(across, down), -1).astype(np.float32)
        points = canvas.canvas_points(position + origin.astype(np.float32))
        to_box = to_roi
        to_box[:, 2] -= np.array([columns.start, rows.start])
        x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
        table_x = np.linspace(x.min(), x.max() + 1e-3, TABLE_COLUMNS).astype(np.float32)
        columns_read = (x - table_x[0]) / (table_x[1] - table_x[0])
        table_map = np.stack([columns_read, np.zeros_like(columns_read)], -1)
        nodes = warp.node_coordinates(points)
        return cls((rows, columns), x, y, position, nodes, to_box, table_x, table_map)

    def part(self, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]) -> "PixelBox":
        """A smaller box that holds the rectangle from low to high (canvas units), as far as this one reaches.

        It has the same table of curves.
        """
        rows, columns = area = pixel_area(self.to_box, low, high, self.x.shape)
        to_box = self.to_box.copy()
        to_box[:, 2] -= np.array([columns.start, rows.start])
        top, left = self.area[0].start, self.area[1].start
        place = slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop)
        return PixelBox(
            place, self.x[area], self.y[area], self.position[area], self.nodes[area], to_box, self.table_x,
            self.table_map[area],
        )  # fmt: skip

    def coarse(self) -> "PixelBox":
        """The same box with no more than WORKING_DENSITY pixels to a canvas unit; `area` stays that of all pixels."""
        scale = working_scale(self.pixels_per_unit)
        if scale == 1:
            return self
        size = reduced_size(self.x.shape[::-1], scale)
        x, y, position, nodes, table_map = (
            cv2.resize(values, size, interpolation=cv2.INTER_AREA)
            for values in (self.x, self.y, self.position, self.nodes, self.table_map)
        )
        return PixelBox(
            self.area, x, y, position, nodes, scaled_map(self.to_box, self.x.shape[::-1], size), self.table_x, table_map
        )

    def place_in(self, whole: "PixelBox") -> tuple[slice, slice]:
        """The rows and columns of another box that this one, a part of it, takes up."""
        rows, columns = (
            slice(own.start - other.start, own.stop - other.start)
            for own, other in zip(self.area, whole.area, strict=True)
        )
        return rows, columns

    def curves(self, *curves: Float[np.ndarray, "column"]) -> tuple[np.ndarray, ...]:
        """Up to four functions of x, given at the columns `table_x`, at every pixel."""
        table = np.empty((1, len(self.table_x), len(curves)), np.float32)
        for index, curve in enumerate(curves):
            table[0, :, index] = curve
        return tuple(cv2.split(read_at(table, self.table_map)))

    def moved_places(
        self, canvas: FaceCanvas, x: Float[np.ndarray, "height width"], y: Float[np.ndarray, "height width"]
    ) -> Float[np.ndarray, "height width 2"]:
        """Pixels of the roi for each pixel's x and y of the canvas."""
        x, y = x - self.x, y - self.y
        places = self.position.copy()
        for axis, row in enumerate(canvas.to_source):
            places[..., axis] += row[0] * x + row[1] * y
        return places


def working_scale(pixels_per_unit: float) -> float:
    """By how much soft things are made smaller than the picture, which has so many pixels to a canvas unit; 0 to 1."""
    return min(1.0, WORKING_DENSITY / pixels_per_unit)


def reduced_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """The width and height of a picture of a size after a change of scale; at least two of each."""
    width, height = (max(2, round(side * scale)) for side in size)
    return width, height


def scaled_map(
    to_pixels: Float[np.ndarray, "2 3"], size: tuple[int, int], new_size: tuple[int, int]
) -> Float[np.ndarray, "2 3"]:
    """An affine map to the pixels of a picture of a width and height, for the same picture in a new size."""
    scale = np.array(new_size) / np.array(size)
    scaled = to_pixels * scale[:, None]
    scaled[:, 2] += scale / 2 - 0.5
    return scaled.astype(np.float32)


def pixel_area(
    to_pixels: Float[np.ndarray, "2 3"],
    low: Float[np.ndarray, "2"],
    high: Float[np.ndarray, "2"],
    size: tuple[int, int],
) -> tuple[slice, slice]:
    """The rows and columns of an image of a size that hold the rectangle from low to high; at least two of each."""
    (left, top), (right, bottom) = low.tolist(), high.tolist()
    area = []
    for (along, across, start), limit in zip(to_pixels.tolist()[::-1], size, strict=True):
        corners = [along * x + across * y + start for x in (left, right) for y in (top, bottom)]
        first = min(max(math.floor(min(corners)), 0), limit - 2)
        area.append(slice(first, min(max(math.ceil(max(corners)), first + 2), limit)))
    return area[0], area[1]


def node_flow_at(
    warp: FaceWarp, flow: Float[np.ndarray, "row column 2"], nodes: Float[np.ndarray, "height width 2"]
) -> Float[np.ndarray, "height width 2"]:
    """A flow, as offsets in pixels, at fractional columns and rows of the nodes."""
    found = read_at(flow, nodes)
    return found * warp.canvas.pixels_per_unit


def sample_pixels(
    image: Float[np.ndarray, "height width channel"],
    where: Float[np.ndarray, "boxheight boxwidth 2"],
    into: Float[np.ndarray, "boxheight boxwidth channel"] | None = None,
) -> Float[np.ndarray, "boxheight boxwidth channel"]:
    """Colours of an image at fractional pixels, 0 to 1 like the image's own; written into `into` where it is given."""
    sampled = np.empty((*where.shape[:2], image.shape[2]), np.float32) if into is None else into
    cv2.remap(image, where, NO_SECOND_MAP, cv2.INTER_CUBIC, dst=sampled, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(sampled, 0, 1, out=sampled)  # cubic interpolation overshoots


def with_colours_behind(
    picture: Float[np.ndarray, "height width channel"],
) -> Float[np.ndarray, "height width channel"]:
    """A transparent picture (RGBA) whose invisible pixels have the colours of visible ones nearby.

    So nothing that a file happens to hide there mixes in at the edges. Pictures without transparency stay as they are.
    """
    if picture.shape[2] < 4 or picture[..., 3].min() > 0:
        return picture
    seen = (picture[..., 3:] > 0).astype(np.float32)
    weight = cv2.GaussianBlur(seen, (0, 0), FRINGE)[..., None]
    near = cv2.GaussianBlur(picture[..., :3] * seen, (0, 0), FRINGE) / np.maximum(weight, FAINTEST)
    colours = np.where(seen > 0, picture[..., :3], near.clip(0, 1))
    return np.concatenate([colours, picture[..., 3:]], 2).astype(np.float32)
