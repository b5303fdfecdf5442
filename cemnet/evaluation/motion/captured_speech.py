"""Curves of speech beside captured ones: correlation, lag, size, and how fast they move."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ...arkit import arkit_indices
from ...motion.lip_aperture import visible_aperture
from ...training.corpora.clips import Clip
from ...types import MOTION_FPS
from ..report.report import Table
from .liveliness import correlation

Curve = Float[np.ndarray, "frame"]
MOST_LAG_FRAMES = 8
BANDS_HZ = ((0.0, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 6.0), (6.0, 12.5))
# What is compared, as stems of the blendshapes that are added.
MEASURED: Mapping[str, tuple[str, ...]] = {
    "jawOpen": ("jawOpen",),
    "mouthFunnel": ("mouthFunnel",),
    "mouthPucker": ("mouthPucker",),
    "rounding": ("mouthFunnel", "mouthPucker"),
    "press, close": ("mouthPress", "mouthClose"),
    "mouthRoll": ("mouthRoll",),
    "mouthLowerDown": ("mouthLowerDown",),
    "mouthUpperUp": ("mouthUpperUp",),
}
APERTURE = "aperture"


@dataclass(frozen=True)
class Likeness:
    """How like a captured curve a performed one is."""

    correlation: float  # at no lag
    lag_ms: float  # at which the correlation is highest; positive where ours is later
    at_lag: float  # the correlation there
    size: float  # deviation of ours against the captured one's
    speeds: tuple[Float[np.ndarray, "band"], Float[np.ndarray, "band"]]  # shares of velocity power: ours, captured


def likeness(ours: Curve, captured: Curve) -> Likeness:
    """Compares two curves at MOTION_FPS; the shorter one counts."""
    length = min(len(ours), len(captured))
    ours, captured = ours[:length], captured[:length]
    reach = range(-MOST_LAG_FRAMES, MOST_LAG_FRAMES + 1)
    at = {lag: correlation(ours[max(lag, 0) : length + min(lag, 0)], captured[max(-lag, 0) : length - max(lag, 0)]) for lag in reach}  # fmt: skip  # noqa: E501
    best = max(reach, key=lambda lag: np.nan_to_num(at[lag], nan=-1.0))
    size = float(ours.std() / max(float(captured.std()), 1e-6))
    return Likeness(at[0], 1000 * best / MOTION_FPS, at[best], size, (speed_shares(ours), speed_shares(captured)))


def speed_shares(curve: Curve) -> Float[np.ndarray, "band"]:
    """The share of each of BANDS_HZ in the power of a curve's velocity; zeros for a still curve."""
    velocity = np.diff(curve)
    power = np.abs(np.fft.rfft(velocity - velocity.mean())) ** 2
    frequency = np.fft.rfftfreq(len(velocity), 1 / MOTION_FPS)
    bands = [power[(frequency >= low) & (frequency < high)].sum() for low, high in BANDS_HZ]
    bands[-1] += power[frequency >= BANDS_HZ[-1][1]].sum()
    return np.array(bands) / max(float(power.sum()), 1e-12)


def measured_curves(clip: Clip, expression: Float[np.ndarray, "frame expression"]) -> dict[str, Curve]:
    """The sums of MEASURED of which the clip's capture has a part, and the aperture of the lips."""
    known = np.ones(expression.shape[1], bool) if clip.known is None else clip.known.numpy()
    curves = {
        name: expression[:, arkit_indices(*stems)].sum(axis=1)
        for name, stems in MEASURED.items()
        if known[arkit_indices(*stems)].any()
    }
    return {**curves, APERTURE: visible_aperture(expression)}


def captured_tables(
    clips: Sequence[Clip], perform: Callable[[Clip], Float[np.ndarray, "frame expression"]]
) -> list[Table]:
    """Likeness of every curve of every clip, and the spectra of velocity; `perform` gives the curves of a clip."""
    rows, speeds = [], []
    for clip in clips:
        assert isinstance(clip.expression, torch.Tensor)
        captured = measured_curves(clip, clip.expression.numpy())
        ours = measured_curves(clip, perform(clip))
        for name, curve in captured.items():
            found = likeness(ours[name], curve)
            numbers = f"{found.correlation:.2f}", f"{found.lag_ms:+.0f}", f"{found.at_lag:.2f}", f"{found.size:.2f}"
            rows.append((clip.name, name, *numbers))
            if name in ("jawOpen", APERTURE):
                shares = zip(*found.speeds, strict=True)
                cells = (f"{100 * share:.0f} / {100 * theirs:.0f}" for share, theirs in shares)
                speeds.append((clip.name, name, *cells))
    header = ("take", "curve", "correlation", "lag, ms", "at that lag", "size, ours / captured")
    bands = tuple(f"{low:g} to {high:g} Hz" for low, high in BANDS_HZ)
    return [
        Table("Beside captured curves", header, rows, "Positive lags: ours is later."),
        Table("Power of the velocity, ours / captured, %", ("take", "curve", *bands), speeds),
    ]
