"""Thin-plate splines that move a plane by a few control points, with a smoothing for each of them.

After Bookstein, "Principal Warps: Thin-Plate Splines and the Decomposition of Deformations", PAMI 1989.
"""

import numpy as np
from jaxtyping import Float

from .canvas import CANVAS_SIDE

SMALLEST_SQUARE = 1e-12  # canvas units²; keeps the logarithm finite at a distance of zero


def thin_plate_kernel(
    first: Float[np.ndarray, "first 2"], second: Float[np.ndarray, "second 2"]
) -> Float[np.ndarray, "first second"]:
    """r² log r between all pairs of points, in double precision, which the sums over it need."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    squared = first @ (-2 * second.T)
    squared += (first**2).sum(1)[:, None]
    squared += (second**2).sum(1)
    np.maximum(squared, SMALLEST_SQUARE, out=squared)
    kernel = np.log(squared)
    kernel *= squared
    kernel *= 0.5
    return kernel


def thin_plate_plane(points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 3"]:
    """The affine part of the spline: 1, x and y, with x and y of the canvas scaled to −0.5 to 0.5."""
    return np.concatenate([np.ones((len(points), 1)), points / CANVAS_SIDE - 0.5], 1)


def thin_plate_coefficients(
    points: Float[np.ndarray, "point 2"], smoothing: Float[np.ndarray, "point"], num_moving: int
) -> Float[np.ndarray, "pointandplane moving"]:
    """Weights of the kernels and of the plane for unit displacements of the first `num_moving` points, one by one.

    Column i holds the weights with which point i moves by 1 and all other points rest. `smoothing` (canvas units²) is
    added to the diagonal: the larger it is, the less closely the spline follows its point.
    """
    size = len(points)
    system = np.zeros((size + 3, size + 3))
    system[:-3, :-3] = thin_plate_kernel(points, points) + np.diag(smoothing)
    system[:-3, -3:] = thin_plate_plane(points)
    system[-3:, :-3] = system[:-3, -3:].T
    return np.linalg.inv(system)[:, :num_moving]
