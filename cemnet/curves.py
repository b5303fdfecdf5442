"""Two functions on curves that many rooms need: smoothstep and linear interpolation."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int, Real
from torch import Tensor

Values = TypeVar("Values", np.ndarray, Tensor)


def smoothstep(share: Values) -> Values:
    """3x² − 2x³ of values clipped to 0 to 1: a step with zero slope at both ends. Any shape, no unit."""
    share = share.clip(0, 1)
    return share * share * (3 - 2 * share)


def interpolate_curves(
    places: Real[np.ndarray, "wanted"],
    known: Real[np.ndarray, "known"] | Int[np.ndarray, "known"] | Sequence[int],
    curves: Float[np.ndarray, "known *channel"],
) -> Float[np.ndarray, "wanted *channel"]:
    """Curves interpolated linearly at other places (frames or seconds, rising).

    Before the first and after the last known place, the value there is held.
    """
    flat = curves.reshape(len(curves), -1)
    columns = [np.interp(places, known, flat[:, channel]) for channel in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(len(places), *curves.shape[1:])
