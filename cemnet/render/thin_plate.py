"""Thin-plate splines that move a plane by a few control points, with a smoothing for each of them.

After Bookstein, "Principal Warps: Thin-Plate Splines and the Decomposition of Deformations", PAMI 1989.
"""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import RBFInterpolator


def thin_plate_operator(
    points: Float[np.ndarray, "point 2"],
    smoothing: Float[np.ndarray, "point"],
    num_moving: int,
    places: Float[np.ndarray, "place 2"],
) -> Float[np.ndarray, "moving place"]:
    """The displacement of places by unit displacements of the first `num_moving` points, one by one.

    Row i holds the displacements with which point i moves by 1 and all other points rest: a spline of any
    displacements is their product with this matrix. `smoothing` (squared units of the points) is added to the diagonal
    of the kernel: the larger it is, the less closely the spline follows its point.
    """
    unit_displacements = np.eye(len(points), num_moving)
    # One smoothing for each point is documented, but not known to the type checker.
    spline = RBFInterpolator(points, unit_displacements, smoothing=smoothing, kernel="thin_plate_spline")  # pyright: ignore
    return spline(places).T
