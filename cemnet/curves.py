"""Two laws for curves over time or space that many rooms need: an eased step, and values between known ones."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int, Real
from torch import Tensor

Values = TypeVar("Values", np.ndarray, Tensor)


def smoothstep(share: Values) -> Values:
    """0 below 0, 1 above 1, and 3x² − 2x³ between: a step that starts and ends gently. Any shape, without unit."""
    share = share.clip(0, 1)
    return share * share * (3 - 2 * share)


def interpolate_curves(
    places: Real[np.ndarray, "wanted"],
    known: Real[np.ndarray, "known"] | Int[np.ndarray, "known"] | Sequence[int],
    curves: Float[np.ndarray, "known *channel"],
) -> Float[np.ndarray, "wanted *channel"]:
    """Curves at other places (frames or seconds, rising), on straight lines between the known ones.

    Before the first and after the last known place the curve stays where it was there.
    """
    flat = curves.reshape(len(curves), -1)
    columns = [np.interp(places, known, flat[:, channel]) for channel in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(len(places), *curves.shape[1:])
