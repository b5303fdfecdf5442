"""Boxes of pixels around the eyes and the mouth, where cuts decide pixel by pixel what is seen."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from .warp import FaceCanvas, FaceWarp

TABLE_COLUMNS = 160


@dataclass(frozen=True)
class PixelBox:
    """A box of the roi, with what never changes about its pixels."""

    area: tuple[slice, slice]  # rows and columns of the roi
    x: Float[np.ndarray, "height width"]  # canvas coordinates of each pixel
    y: Float[np.ndarray, "height width"]
    position: Float[np.ndarray, "height width 2"]  # pixel coordinates in the roi
    to_box: Float[np.ndarray, "2 3"]  # canvas units to pixels of the box
    table_x: Float[np.ndarray, "column"]  # canvas x of the columns of a table of curves
    table_map: Float[np.ndarray, "height width 2"]  # where each pixel reads such a table

    @classmethod
    def around(cls, canvas: FaceCanvas, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]) -> "PixelBox":
        """The part of the roi that holds the canvas rectangle from low to high."""
        corners = np.array([low, [high[0], low[1]], [low[0], high[1]], high])
        origin = np.array(canvas.roi[:2])
        size = np.array(canvas.roi[2:]) - origin
        pixels = canvas.source_points(corners) - origin
        left, top = np.floor(pixels.min(0)).astype(int).clip(0, size - 2)
        right, bottom = np.ceil(pixels.max(0)).astype(int).clip([left + 2, top + 2], size)
        position = np.stack(np.meshgrid(np.arange(left, right), np.arange(top, bottom)), -1).astype(np.float32)
        points = canvas.canvas_points(position + origin.astype(np.float32))
        to_box = canvas.to_source.copy()
        to_box[:, 2] -= origin + np.array([left, top])
        x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
        table_x = np.linspace(x.min(), x.max() + 1e-3, TABLE_COLUMNS).astype(np.float32)
        columns = (x - table_x[0]) / (table_x[1] - table_x[0])
        table_map = np.stack([columns, np.zeros_like(columns)], -1)
        return cls((slice(top, bottom), slice(left, right)), x, y, position, to_box, table_x, table_map)

    def curves(self, *curves: Float[np.ndarray, "column"]) -> tuple[np.ndarray, ...]:
        """Up to four functions of x, given on `table_x`, at every pixel."""
        table = np.stack(curves, -1).astype(np.float32)[None]
        read = cv2.remap(table, self.table_map, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return cv2.split(read) if len(curves) > 1 else (read,)


def node_flow_at(
    warp: FaceWarp, flow: Float[np.ndarray, "row column 2"], nodes: Float[np.ndarray, "height width 2"]
) -> Float[np.ndarray, "height width 2"]:
    """A node flow, as pixel offsets, at fractional node coordinates."""
    found = cv2.remap(flow, nodes, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found * warp.canvas.pixels_per_unit


def sample_pixels(
    image: Float[np.ndarray, "height width channel"], where: Float[np.ndarray, "boxheight boxwidth 2"]
) -> Float[np.ndarray, "boxheight boxwidth channel"]:
    """Colours of an image at fractional pixels, 0 to 1 like the image's own."""
    sampled = cv2.remap(image, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    np.clip(sampled, 0, 1, out=sampled)  # cubic interpolation overshoots
    return sampled.reshape(*where.shape[:2], image.shape[2])
