"""Bootstrap intervals of the figures in a report (Efron and Tibshirani, An Introduction to the Bootstrap, 1993)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

NUM_RESAMPLES = 1000
Share = Float[np.ndarray, "resample"]  # one figure: the first entry is the estimate, the others are resamples


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % bootstrap interval: the 2.5th and 97.5th percentile of its resamples."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, share: Share) -> "Interval":
        """From an estimate and its resamples; the bounds are NaN where no resample is finite."""
        if not np.isfinite(share[1:]).any():
            return cls(float(share[0]), float("nan"), float("nan"))
        low, high = np.nanpercentile(share[1:], [2.5, 97.5])
        return cls(float(share[0]), float(low), float(high))

    def percent(self) -> str:
        """Such as " 91.2 [88.0, 94.1]"."""
        return f"{100 * self.value:5.1f} [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def resampled_means(values: Float[np.ndarray, "clip"], seed: int = 0) -> Interval:
    """The mean over clips with its bootstrap interval."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (NUM_RESAMPLES, len(values)))
    return Interval.of(np.concatenate([[values.mean()], values[drawn].mean(1)]))
