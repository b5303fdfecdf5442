"""Smooth displacement fields on a grid of nodes: reading, unfolding and inverting them.

A field holds one displacement for each node. `step` is the distance of neighbouring columns and rows, in units of the
field.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float

# Unfolding. By eye, on the bundled portraits.
MIN_DETERMINANT = 0.12  # the share of its area that every cell keeps
UNFOLDING_ROUNDS = 12
UNFOLDING_BLUR = 1.2  # nodes
UNFOLDING_SPREAD = 4  # nodes to which a folded cell spreads before the blur
WEAKENING, WEAKENING_ROUNDS = 0.93, 40  # the last resort: a weaker motion

# Inversion by Newton's method: most nodes are settled after one or two rounds.
INVERSION_ROUNDS = 5
INVERSION_TOLERANCE = 0.003  # in units of the field

NO_SECOND_MAP: Any = None  # cv2.remap takes both coordinates in its first map, which its stubs do not know


def read_at(
    values: Float[np.ndarray, "height width *channel"], where: Float[np.ndarray, "outheight outwidth 2"]
) -> Float[np.ndarray, "outheight outwidth *outchannel"]:
    """Values of a grid at fractional columns and rows: linear between nodes, level outside.

    OpenCV drops the axis of a single channel.
    """
    return cv2.remap(values, where, NO_SECOND_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@cache
def grid_places(rows: int, columns: int) -> tuple[Float[np.ndarray, "node"], Float[np.ndarray, "node"]]:
    """Column and row of every node, one row after the other."""
    across, down = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    return across.ravel(), down.ravel()


def cell_determinants(
    displacement: Float[np.ndarray, "side row column 2"], step: tuple[float, float]
) -> Float[np.ndarray, "side cellrow cellcolumn"]:
    """The least Jacobian determinant of x + displacement in every cell of the grid; its axes may be turned."""
    across = np.diff(displacement, axis=2) / step[0]
    down = np.diff(displacement, axis=1) / step[1]
    least = None
    for row in (slice(None, -1), slice(1, None)):
        for column in (slice(None, -1), slice(1, None)):
            by_x, by_y = across[:, row], down[:, :, column]
            determinant = (1 + by_x[..., 0]) * (1 + by_y[..., 1]) - by_x[..., 1] * by_y[..., 0]
            least = determinant if least is None else np.minimum(least, determinant)
    assert least is not None
    return least


def unfold(
    field: Float[np.ndarray, "side row column 2"], step: tuple[float, float]
) -> Float[np.ndarray, "side row column 2"]:
    """Smooths a field where it would fold, until every cell keeps MIN_DETERMINANT of its area."""
    spread = np.ones((UNFOLDING_SPREAD, UNFOLDING_SPREAD))
    for _ in range(UNFOLDING_ROUNDS):
        folded = cell_determinants(field, step) < MIN_DETERMINANT
        if not folded.any():
            return field
        field = field.copy()
        for side in np.flatnonzero(folded.any((1, 2))):
            corners = np.pad(folded[side].astype(np.float32), ((0, 1), (0, 1)))
            share = np.minimum(cv2.GaussianBlur(cv2.dilate(corners, spread), (5, 5), UNFOLDING_BLUR), 1)[..., None]
            field[side] += share * (cv2.GaussianBlur(field[side], (5, 5), UNFOLDING_BLUR) - field[side])
    for _ in range(WEAKENING_ROUNDS):
        if cell_determinants(field, step).min() >= MIN_DETERMINANT:
            break
        field = field * WEAKENING
    return field


def invert(
    field: Float[np.ndarray, "row column 2"], step: tuple[float, float], rows: tuple[int, int] | None = None
) -> Float[np.ndarray, "somerow column 2"]:
    """The field g with g(x) + field(x + g(x)) = 0, at the nodes of some rows (first and end) or of all.

    Newton's method; nodes at which the equation holds to INVERSION_TOLERANCE drop out.
    """
    columns, (first, end) = field.shape[1], rows or (0, len(field))
    slopes = [
        cv2.Sobel(field, cv2.CV_32F, 1 - axis, axis, None, 1, 0.5 / step[axis], 0, cv2.BORDER_REPLICATE)
        for axis in (0, 1)
    ]
    # Four channels at a time: of two OpenCV rounds places to a thirty-second of a node.
    values, along_y = cv2.merge([field, slopes[0]]), cv2.merge([slopes[1], slopes[1]])
    node_x, node_y = (places[first * columns : end * columns] for places in grid_places(len(field), columns))
    found = found_x, found_y = [-part[first:end].ravel() for part in cv2.split(field)]
    unsettled, across, down = np.arange(len(node_x)), 1 / step[0], 1 / step[1]
    for _ in range(INVERSION_ROUNDS):
        x, y = found_x[unsettled], found_y[unsettled]
        where = cv2.merge([node_x[unsettled] + x * across, node_y[unsettled] + y * down]).reshape(1, -1, 2)
        error_x, error_y, xx, yx = (part[0] for part in cv2.split(read_at(values, where)))
        xy, yy = (part[0] for part in cv2.split(read_at(along_y, where))[:2])
        error_x, error_y = error_x + x, error_y + y
        determinant = np.maximum((1 + xx) * (1 + yy) - xy * yx, 0.5 * MIN_DETERMINANT)
        off = np.maximum(np.abs(error_x), np.abs(error_y)) > INVERSION_TOLERANCE
        found_x[unsettled] = x - np.where(off, ((1 + yy) * error_x - xy * error_y) / determinant, 0)
        found_y[unsettled] = y - np.where(off, ((1 + xx) * error_y - yx * error_x) / determinant, 0)
        unsettled = unsettled[off]
        if not len(unsettled):
            break
    return cv2.merge(found).reshape(end - first, columns, 2)
