"""Moves a face's pixels by its landmarks: smooth, anchored in the background, cut along the lips, never folded.

Two thin-plate fields share every landmark except those of the lips: the upper field follows the upper lip, the lower
field the lower lip. Each is smooth on its own, so it can live on a coarse grid and be inverted there; the cut appears
when each pixel takes the field of its own side (see lips.py). Lids have their own motion on top (see eyelids.py).
Thin plates after Bookstein, "Principal Warps", PAMI 1989, with per-landmark smoothing.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..curves import smoothstep
from ..face.landmark_indices import OVAL
from .displacement_field import invert, read_at, unfold

CANVAS_FACE_HEIGHT = 270.0  # the face from hairline to chin, in canvas units: a crop of 672 is 2.5 faces
CANVAS_SIDE = 672.0  # wide enough for hair to follow the head and the background to follow the hair
NODE_SPACING = 9.5
ANCHOR_SMOOTHING = 1.0  # canvas units², see thin_plate_coefficients
FADE_WIDTH = 56.0  # canvas units over which motion dies towards the edge of the crop
BORDER_FADE = 56.0  # over which motion away from the roi's border dies towards it: there is nothing that could follow
SIDE_REACH = (100.0, 60.0)  # canvas units: how far below the lips the upper field matters, how far above the lower one
STILL = 0.03  # canvas units; a flow below this is no motion


@dataclass(frozen=True)
class FaceCanvas:
    """The upright coordinates in which a face is 270 units tall, and the pixels of the picture that may move.

    canvas = to_canvas · [x, y, 1] for x, y in pixels of the source picture; the crop spans 0 to CANVAS_SIDE both ways.
    """

    to_canvas: Float[np.ndarray, "2 3"]
    to_source: Float[np.ndarray, "2 3"]
    roi: tuple[int, int, int, int]  # left, top, right, bottom in source pixels

    @property
    def pixels_per_unit(self) -> float:
        return float(np.hypot(self.to_source[0, 0], self.to_source[1, 0]))

    def canvas_points(self, pixels: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        return (pixels @ self.to_canvas[:, :2].T + self.to_canvas[:, 2]).astype(np.float32)

    def source_vectors(self, vectors: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Canvas vectors as pixels of the picture."""
        x, y = vectors[..., 0], vectors[..., 1]
        return np.stack([row[0] * x + row[1] * y for row in self.to_source], -1).astype(np.float32)

    def source_points(self, points: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        return (points @ self.to_source[:, :2].T + self.to_source[:, 2]).astype(np.float32)


def face_canvas(landmarks: Float[np.ndarray, "landmark 2"], width: int, height: int) -> FaceCanvas:
    """A square crop 2.5 faces wide, turned upright by the eyes; its bounding box in the picture is the roi."""
    right_eye, left_eye = landmarks[[33, 133]].mean(0), landmarks[[362, 263]].mean(0)
    angle = np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = landmarks[list(OVAL)] @ turn.T
    low, high = upright.min(0), upright.max(0)
    unit = CANVAS_FACE_HEIGHT / max(high[1] - low[1], 0.85 * (high[0] - low[0]), 1.0)
    offset = CANVAS_SIDE / 2 - unit * (low + high) / 2
    to_canvas = np.concatenate([unit * turn, offset[:, None]], 1)
    to_source = cv2.invertAffineTransform(to_canvas)
    square = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * CANVAS_SIDE
    corners = square @ to_source[:, :2].T + to_source[:, 2]
    left, top = np.floor(corners.min(0)).astype(int).clip(0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, [width, height])
    roi = (int(left), int(top), int(right), int(bottom))
    return FaceCanvas(to_canvas.astype(np.float32), to_source.astype(np.float32), roi)


def node_grid(canvas: FaceCanvas) -> Float[np.ndarray, "row column 2"]:
    """Canvas positions of a regular grid of nodes over the roi, placed as cv2.resize samples it."""
    left, top, right, bottom = canvas.roi
    step = NODE_SPACING * canvas.pixels_per_unit
    columns, rows = (max(4, round(extent / step)) for extent in (right - left, bottom - top))
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns - 0.5
    y = top + (np.arange(rows) + 0.5) * (bottom - top) / rows - 0.5
    return canvas.canvas_points(np.stack(np.meshgrid(x, y), -1).astype(np.float32))


def background_anchors() -> Float[np.ndarray, "anchor 2"]:
    """Points that never move: the frame of the crop, a little inside it."""
    line = np.linspace(0, CANVAS_SIDE, 11)
    inset = 0.3 * FADE_WIDTH
    frame = [(x, y) for x in line for y in line if x in (line[0], line[-1]) or y in (line[0], line[-1])]
    return np.clip(np.array(frame), inset, CANVAS_SIDE - inset).astype(np.float32)


def edge_fade(points: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape"]:
    """One inside the crop, smoothly zero at its edge and beyond."""
    distance = np.minimum(points, CANVAS_SIDE - points).min(-1)
    return smoothstep((distance - 4) / FADE_WIDTH).astype(np.float32)


def thin_plate_kernel(
    first: Float[np.ndarray, "first 2"], second: Float[np.ndarray, "second 2"]
) -> Float[np.ndarray, "first second"]:
    """r² log r between points, in double precision, which the sums over it need."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    squared = first @ (-2 * second.T)
    squared += (first**2).sum(1)[:, None]
    squared += (second**2).sum(1)
    np.maximum(squared, 1e-12, out=squared)
    kernel = np.log(squared)
    kernel *= squared
    kernel *= 0.5
    return kernel


def thin_plate_plane(points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 3"]:
    return np.concatenate([np.ones((len(points), 1)), points / CANVAS_SIDE - 0.5], 1)


def thin_plate_coefficients(
    points: Float[np.ndarray, "point 2"], smoothing: Float[np.ndarray, "point"], num_moving: int
) -> Float[np.ndarray, "pointandplane moving"]:
    """Weights of the kernels and of the plane for a unit displacement of each of the first points while all others
    rest. Smoothing in canvas units²."""
    size = len(points)
    system = np.zeros((size + 3, size + 3))
    system[:-3, :-3] = thin_plate_kernel(points, points) + np.diag(smoothing)
    system[:-3, -3:] = thin_plate_plane(points)
    system[-3:, :-3] = system[:-3, -3:].T
    return np.linalg.inv(system)[:, :num_moving]


@dataclass(frozen=True)
class FaceWarp:
    """One face's two fields, ready to turn landmark displacements into flow.

    Fields and flows are in canvas units but along the picture's axes, so that grid cells stay rectangles.
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
        """Controls in canvas units; `upper` and `lower` say which fields follow each control."""
        nodes = node_grid(canvas)
        rows, columns = nodes.shape[:2]
        lips = controls[upper != lower, 1].mean()
        end = 1 + int(np.flatnonzero((nodes[..., 1] < lips + SIDE_REACH[0]).any(1))[-1])
        start = int(np.flatnonzero((nodes[..., 1] > lips - SIDE_REACH[1]).any(1))[0])
        anchors, flat = background_anchors(), nodes.reshape(-1, 2)
        # One transposed system for both fields: what a field does not follow has no weight in it.
        influence = np.concatenate(
            [thin_plate_kernel(np.concatenate([controls, anchors]), flat), thin_plate_plane(flat).T]
        )
        fade, matrices = edge_fade(flat), []
        for members, used in ((upper, slice(0, end * columns)), (lower, slice(start * columns, None))):
            points = np.concatenate([controls[members], anchors])
            roughness = np.concatenate([smoothing[members], np.full(len(anchors), ANCHOR_SMOOTHING)])
            followed = np.concatenate([members, np.ones(len(anchors) + 3, bool)])
            weights = np.zeros((int(members.sum()), len(followed)))
            weights[:, followed] = thin_plate_coefficients(points, roughness, len(weights)).T
            matrix = np.zeros((len(controls), len(flat[used])), np.float32)
            matrix[members] = (weights @ influence[:, used]) * fade[used]
            matrices.append(torch.from_numpy(matrix))
        left, top, right, bottom = canvas.roi
        unit = canvas.pixels_per_unit
        step = ((right - left) / columns / unit, (bottom - top) / rows / unit)
        return cls(canvas, (rows, columns), (matrices[0], matrices[1]), (start, end), step)

    def axes(self) -> Float[np.ndarray, "2 2"]:
        """Turns vectors of the canvas into vectors along the picture's axes, still in canvas units."""
        return self.canvas.to_source[:, :2] / self.canvas.pixels_per_unit

    def forward(self, displacement: Float[np.ndarray, "control 2"]) -> Float[np.ndarray, "2 row column 2"]:
        """Unfolded displacement of every node in the upper and the lower field."""
        turned = torch.from_numpy((self.axes() @ displacement.T).astype(np.float32))
        upper, lower = ((turned @ matrix).numpy().reshape(2, -1, self.shape[1]) for matrix in self.matrices)
        field = np.empty((2, *self.shape, 2), np.float32)
        start, end = self.split
        for axis in (0, 1):
            field[0, :end, :, axis], field[0, end:, :, axis] = upper[axis], lower[axis, end - start :]
            field[1, :start, :, axis], field[1, start:, :, axis] = upper[axis, :start], lower[axis]
        return unfold(self.held_at_borders(field), self.step)

    def held_at_borders(self, field: Float[np.ndarray, "2 row column 2"]) -> Float[np.ndarray, "2 row column 2"]:
        """The field without motion that would need pixels from beyond the picture."""
        from_top, from_left, from_bottom, from_right = self.border_fades
        across, down = field[..., 0], field[..., 1]
        across *= np.where(across > 0, from_left, from_right)
        down *= np.where(down > 0, from_top, from_bottom)
        return field

    @cached_property
    def border_fades(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For motion away from the top, left, bottom and right border: 0 there, 1 further inside."""
        rows, columns = self.shape
        across, down = (np.arange(columns) + 0.5) * self.step[0], (np.arange(rows)[:, None] + 0.5) * self.step[1]
        top, left = (smoothstep(line / BORDER_FADE).astype(np.float32) for line in (down, across))
        return top, left, top[::-1], left[::-1]

    def backward(self, field: Float[np.ndarray, "2 row column 2"]) -> Float[np.ndarray, "2 row column 2"]:
        """Where each node's colour comes from, relative to the node: the inverse of x + field."""
        upper = invert(field[0], self.step)
        reach = 2 + int(np.abs(field[..., 1]).max() / self.step[1])  # further from where the fields differ they agree
        first, end = max(self.split[0] - reach, 0), min(self.split[1] + reach, len(upper))
        lower = upper.copy()
        lower[first:end] = invert(field[1], self.step, (first, end))
        return np.stack([upper, lower])

    def node_positions(self) -> Float[np.ndarray, "row column 2"]:
        """Every node in canvas units."""
        return node_grid(self.canvas)

    @cached_property
    def to_nodes(self) -> Float[np.ndarray, "2 3"]:
        """Canvas units to fractional column and row of the nodes."""
        left, top, right, bottom = self.canvas.roi
        scale = np.array([self.shape[1] / (right - left), self.shape[0] / (bottom - top)])
        affine = self.canvas.to_source * scale[:, None]
        affine[:, 2] += (0.5 - np.array([left, top])) * scale - 0.5
        return affine.astype(np.float32)

    def node_coordinates(self, points: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
        """Fractional column and row of points given in canvas units."""
        affine = self.to_nodes
        x, y = points[..., 0], points[..., 1]
        return np.stack([row[0] * x + row[1] * y + row[2] for row in affine], -1)

    def sample(
        self, field: Float[np.ndarray, "row column 2"], points: Float[np.ndarray, "point 2"]
    ) -> Float[np.ndarray, "point 2"]:
        """One field at points of the canvas, as a vector of the canvas."""
        where = self.node_coordinates(points)[None]
        found = read_at(field, where)[0]
        return found @ self.axes()

    def moving_area(self, flow: Float[np.ndarray, "row column 2"]) -> tuple[slice, slice]:
        """Rows and columns of the roi outside which a node flow moves nothing."""
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
        """A node flow as pixel offsets over the whole roi."""
        left, top, right, bottom = self.canvas.roi
        scaled = flow * np.float32(self.canvas.pixels_per_unit)
        return cv2.resize(scaled, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
