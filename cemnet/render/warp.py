"""Moves a face's pixels by its landmarks: smooth, anchored in the background, cut along the lips, never folded.

Two thin-plate fields (see thin_plate.py) share every landmark except those of the lips: the upper field follows the
upper lip, the lower field the lower lip. Each is smooth on its own, so it can live on a coarse grid and be inverted
there; the cut appears when each pixel takes the field of its own side (see mouth/lips.py). Lids have their own motion
on top (see eyes/eyelids.py).
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..curves import smoothstep
from .canvas import CANVAS_SIDE, FADE_WIDTH, FaceCanvas, edge_fade
from .displacement_field import invert, read_at, unfold
from .thin_plate import thin_plate_operator

# The grid and the fields, in canvas units. By eye, on the bundled portraits.
NODE_SPACING = 9.5
SIDE_REACH = (100.0, 60.0)  # how far below the lips the upper field matters, how far above them the lower one
BORDER_FADE = 56.0  # towards the picture's border motion away from it dies: beyond it are no pixels that could follow
STILL = 0.03  # a flow below this is no motion

# Points of the background that never move. By eye, on the bundled portraits.
ANCHORS_PER_SIDE = 11
ANCHOR_INSET = 0.3  # of FADE_WIDTH, inside the crop's edge
ANCHOR_SMOOTHING = 1.0  # canvas units², see thin_plate_operator


def node_grid(canvas: FaceCanvas) -> Float[np.ndarray, "row column 2"]:
    """Places, in canvas units, of a regular grid of nodes over the roi, placed as cv2.resize samples it."""
    left, top, right, bottom = canvas.roi
    step = NODE_SPACING * canvas.pixels_per_unit
    columns, rows = (max(4, round(extent / step)) for extent in (right - left, bottom - top))
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns - 0.5
    y = top + (np.arange(rows) + 0.5) * (bottom - top) / rows - 0.5
    return canvas.canvas_points(np.stack(np.meshgrid(x, y), -1).astype(np.float32))


def background_anchors() -> Float[np.ndarray, "anchor 2"]:
    """Points that never move: the frame of the crop, a little inside it, in canvas units."""
    line = np.linspace(0, CANVAS_SIDE, ANCHORS_PER_SIDE)
    inset = ANCHOR_INSET * FADE_WIDTH
    frame = [(x, y) for x in line for y in line if x in (line[0], line[-1]) or y in (line[0], line[-1])]
    return np.clip(np.array(frame), inset, CANVAS_SIDE - inset).astype(np.float32)


@dataclass(frozen=True)
class FaceWarp:
    """The two fields of one face, ready to turn displacements of landmarks into flow.

    A field moves points of the portrait to where they go (forward); a flow says where a pixel's colour comes from
    (backward). Both are in canvas units, but along the axes of the picture, so that cells of the grid stay rectangles.
    """

    canvas: FaceCanvas
    shape: tuple[int, int]  # rows, columns of nodes
    matrices: tuple[Float[Tensor, "control uppernode"], Float[Tensor, "control lowernode"]]
    split: tuple[int, int]  # the lower field begins at the first row, the upper one ends before the second
    step: tuple[float, float]  # distance of neighbouring nodes in canvas units

    @classmethod
    def build(
        cls,
        canvas: FaceCanvas,
        controls: Float[np.ndarray, "control 2"],
        smoothing: Float[np.ndarray, "control"],
        upper: Bool[np.ndarray, "control"],
        lower: Bool[np.ndarray, "control"],
    ) -> "FaceWarp":
        """Precomputes both fields for every unit displacement of a control.

        Controls are in canvas units, `smoothing` in canvas units² (see thin_plate_operator). `upper` and `lower`
        say which fields follow each control.
        """
        nodes = node_grid(canvas)
        rows, columns = nodes.shape[:2]
        lips = controls[upper != lower, 1].mean()
        end = 1 + int(np.flatnonzero((nodes[..., 1] < lips + SIDE_REACH[0]).any(1))[-1])
        start = int(np.flatnonzero((nodes[..., 1] > lips - SIDE_REACH[1]).any(1))[0])
        anchors, flat = background_anchors(), nodes.reshape(-1, 2)
        fade, matrices = edge_fade(flat), []
        for members, used in ((upper, slice(0, end * columns)), (lower, slice(start * columns, None))):
            points = np.concatenate([controls[members], anchors])
            roughness = np.concatenate([smoothing[members], np.full(len(anchors), ANCHOR_SMOOTHING)])
            matrix = np.zeros((len(controls), len(flat[used])), np.float32)
            matrix[members] = thin_plate_operator(points, roughness, int(members.sum()), flat[used]) * fade[used]
            matrices.append(torch.from_numpy(matrix))
        left, top, right, bottom = canvas.roi
        unit = canvas.pixels_per_unit
        step = ((right - left) / columns / unit, (bottom - top) / rows / unit)
        return cls(canvas, (rows, columns), (matrices[0], matrices[1]), (start, end), step)

    def axes(self) -> Float[np.ndarray, "2 2"]:
        """The matrix that turns vectors of the canvas into the axes of the picture, still in canvas units."""
        return self.canvas.to_source[:, :2] / self.canvas.pixels_per_unit

    def forward(
        self,
        displacement: Float[np.ndarray, "control 2"],
        beside: Float[np.ndarray, "row column 2"] | None = None,
    ) -> Float[np.ndarray, "2 row column 2"]:
        """Displacements of all nodes in the upper and the lower field, unfolded, for displacements of the controls.

        `beside` is added to both fields.
        """
        turned = torch.from_numpy((self.axes() @ displacement.T).astype(np.float32))
        upper, lower = ((turned @ matrix).numpy().reshape(2, -1, self.shape[1]) for matrix in self.matrices)
        field = np.empty((2, *self.shape, 2), np.float32)
        start, end = self.split
        for axis in (0, 1):
            field[0, :end, :, axis], field[0, end:, :, axis] = upper[axis], lower[axis, end - start :]
            field[1, :start, :, axis], field[1, start:, :, axis] = upper[axis, :start], lower[axis]
        if beside is not None:
            field += beside
        return unfold(self.held_at_borders(field), self.step)

    def upper_field(self, displacement: Float[np.ndarray, "moving 2"]) -> Float[np.ndarray, "row column 2"]:
        """The upper field as it comes from the first controls alone, neither held at borders nor unfolded.

        Rows that only the lower field reaches do not move.
        """
        turned = torch.from_numpy((self.axes() @ displacement.T).astype(np.float32))
        upper = (turned @ self.matrices[0][: len(displacement)]).numpy().reshape(2, -1, self.shape[1])
        field = np.zeros((*self.shape, 2), np.float32)
        field[: self.split[1]] = upper.transpose(1, 2, 0)
        return field

    def held_at_borders(self, field: Float[np.ndarray, "2 row column 2"]) -> Float[np.ndarray, "2 row column 2"]:
        """Takes out of a field, in place, the motion that would need pixels from beyond the picture."""
        from_top, from_left, from_bottom, from_right = self.border_fades
        across, down = field[..., 0], field[..., 1]
        across *= np.where(across > 0, from_left, from_right)
        down *= np.where(down > 0, from_top, from_bottom)
        return field

    def held_points(
        self, points: Float[np.ndarray, "point 2"], displacement: Float[np.ndarray, "point 2"]
    ) -> Float[np.ndarray, "point 2"]:
        """Displacements of points (canvas units) without the motion that the fields lose at the picture's border."""
        left, top, right, bottom = self.canvas.roi
        pixels, unit = self.canvas.source_points(points), self.canvas.pixels_per_unit
        along = displacement @ self.axes().T
        low, high = (pixels - np.array([left, top])) / unit, (np.array([right, bottom]) - pixels) / unit
        along *= smoothstep(np.where(along > 0, low, high) / BORDER_FADE)
        return (along @ self.axes()).astype(np.float32)

    def border_distance(self, points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point"]:
        """How far points (canvas units) lie inside the borders of the roi, in canvas units; below 0 outside."""
        left, top, right, bottom = self.canvas.roi
        pixels = self.canvas.source_points(points)
        inside = np.minimum(pixels - np.array([left, top]), np.array([right, bottom]) - pixels)
        return inside.min(-1) / self.canvas.pixels_per_unit

    @cached_property
    def border_fades(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Factors for motion away from the top, left, bottom and right border: 0 at the border, 1 further inside."""
        rows, columns = self.shape
        across, down = (np.arange(columns) + 0.5) * self.step[0], (np.arange(rows)[:, None] + 0.5) * self.step[1]
        top, left = (smoothstep(line / BORDER_FADE).astype(np.float32) for line in (down, across))
        return top, left, top[::-1], left[::-1]

    def backward(self, field: Float[np.ndarray, "2 row column 2"]) -> Float[np.ndarray, "2 row column 2"]:
        """The flows of both sides, relative to each node: the inverses of x + field."""
        upper = invert(field[0], self.step)
        reach = 2 + int(np.abs(field[..., 1]).max() / self.step[1])  # further from where the fields differ they agree
        first, end = max(self.split[0] - reach, 0), min(self.split[1] + reach, len(upper))
        lower = upper.copy()
        lower[first:end] = invert(field[1], self.step, (first, end))
        return np.stack([upper, lower])

    def node_positions(self) -> Float[np.ndarray, "row column 2"]:
        """The places of all nodes in canvas units."""
        return node_grid(self.canvas)

    @cached_property
    def to_nodes(self) -> Float[np.ndarray, "2 3"]:
        """The affine map from canvas units to fractional columns and rows of the grid."""
        left, top, right, bottom = self.canvas.roi
        scale = np.array([self.shape[1] / (right - left), self.shape[0] / (bottom - top)])
        affine = self.canvas.to_source * scale[:, None]
        affine[:, 2] += (0.5 - np.array([left, top])) * scale - 0.5
        return affine.astype(np.float32)

    def node_coordinates(self, points: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Fractional columns and rows of the grid for points in canvas units."""
        affine = self.to_nodes
        x, y = points[..., 0], points[..., 1]
        return np.stack([row[0] * x + row[1] * y + row[2] for row in affine], -1)

    def sample(
        self, field: Float[np.ndarray, "row column 2"], points: Float[np.ndarray, "point 2"]
    ) -> Float[np.ndarray, "point 2"]:
        """One field at points of the canvas, as vectors of the canvas; both in canvas units."""
        where = self.node_coordinates(points)[None]
        return read_at(field, where)[0] @ self.axes()

    def moving_area(self, flow: Float[np.ndarray, "row column 2"]) -> tuple[slice, slice]:
        """Rows and columns of the roi outside which a flow moves nothing; empty where it moves nothing at all."""
        moving = np.maximum(*cv2.split(np.abs(flow))) > STILL
        left, top, right, bottom = self.canvas.roi
        area = []
        for axis, extent in ((1, bottom - top), (0, right - left)):
            lines = np.flatnonzero(moving.any(axis))
            if not len(lines):
                return slice(0, 0), slice(0, 0)
            step = extent / moving.shape[1 - axis]
            area.append(slice(max(0, int((lines[0] - 1) * step)), min(extent, int((lines[-1] + 2) * step) + 1)))
        return area[0], area[1]

    def pixel_flow(self, flow: Float[np.ndarray, "row column 2"]) -> Float[np.ndarray, "height width 2"]:
        """A flow as offsets in pixels, for every pixel of the roi."""
        left, top, right, bottom = self.canvas.roi
        scaled = flow * np.float32(self.canvas.pixels_per_unit)
        return cv2.resize(scaled, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
