"""How living faces move while nothing is said: statistics of blinks, gaze, brows and mouth, kept as a table.

The same measures are taken of captured faces, whose table `idle` draws from, and of what it makes. The table holds
means and deviations alone, no curve of anybody; `train/fit_idle.py` makes it, and it names its source and licence.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d, minimum_filter1d
from scipy.signal import find_peaks, peak_widths

from ..arkit import ARKIT_INDEX, BLINK, arkit_indices
from ..types import Motion
from .live_link import eye_rotations

TABLE = Path(__file__).with_name("idle_statistics.json")
# Blendshapes that idle by themselves; a stem without a side stands for both sides. None of them parts the lips.
PARTS = (
    "browInnerUp", "browDown", "browOuterUp", "eyeSquint", "eyeWide", "eyeBlink", "cheekSquint", "mouthSmile",
    "mouthFrown", "mouthPress", "mouthStretch", "mouthDimple",
)  # fmt: skip
LEAST_BLINK = 0.12  # how far lids close beyond what they did around it
LONGEST_BLINK_SECONDS = 0.7
SACCADE_DEGREES_A_SECOND, LEAST_SACCADE_DEGREES = 25.0, 1.0
SLOW_SECONDS = 0.12  # deviation of the Gaussian that parts slow movement from tremor, about 1.3 a second
ACTED_SECONDS = 2.0  # what is slower than this Gaussian is the course of the emotion, which is none of idle life
SMALLEST = 1e-4


@dataclass(frozen=True)
class BlinkStatistics:
    """Blinks: how often, how regularly, how long, how far."""

    per_minute: float
    regularity: float  # deviation of the intervals, as a share of their mean
    closing_seconds: float
    opening_seconds: float
    half_open: float  # share of the opening time until the lid is half open
    height: float  # closure at the peak
    height_deviation: float
    side_difference: float  # deviation of left against right, as a share of the height
    gaze_dip_degrees: float  # by which the eyes sink in a blink


@dataclass(frozen=True)
class GazeStatistics:
    """Saccades, the fixations between them, and where the eyes wander."""

    saccades_a_minute: float
    regularity: float  # deviation of the fixations' lengths, as a share of their mean
    saccade_degrees: float  # the median
    saccade_spread: float  # deviation of the logarithm
    sideways_share: float  # of a saccade's length that is horizontal
    yaw_deviation_degrees: float  # of the direction over time
    pitch_deviation_degrees: float
    drift_degrees_a_second: float  # in fixations


@dataclass(frozen=True)
class PartStatistics:
    """How one blendshape moves about the course of its emotion."""

    slow: float  # deviation of its slow movement
    seconds: float  # in which the slow movement forgets where it was
    sides: float  # correlation of left and right; 1 where there is one side
    tremor: float  # deviation of what is faster


@dataclass(frozen=True)
class IdleStatistics:
    """Everything that is measured of an idle face."""

    blinks: BlinkStatistics
    gaze: GazeStatistics
    parts: Mapping[str, PartStatistics]  # by the names of PARTS
    together: Sequence[Sequence[float]]  # correlations of the slow movements, in the order of PARTS

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "IdleStatistics":
        """From nested plain values, as `to_dict` makes them."""
        parts = {name: PartStatistics(**part) for name, part in values["parts"].items()}
        together = tuple(tuple(row) for row in values["together"])
        return cls(BlinkStatistics(**values["blinks"]), GazeStatistics(**values["gaze"]), parts, together)

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values."""
        return asdict(self)


@lru_cache(maxsize=1)
def captured_statistics() -> dict[str, IdleStatistics]:
    """The captured table by emotion: neutral, fear, angry and sad."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))["emotions"]
    return {emotion: IdleStatistics.from_dict(values) for emotion, values in table.items()}


def weighted_mean(parts: Sequence[Any], weights: Sequence[float]) -> Any:
    """One of a kind of statistics whose every number is the weighted mean; the weights sum to one."""
    names = [field.name for field in fields(parts[0])]
    values = {name: sum(w * getattr(p, name) for p, w in zip(parts, weights, strict=True)) for name in names}
    return type(parts[0])(**values)


def blended(statistics: Sequence[IdleStatistics], weights: Sequence[float]) -> IdleStatistics:
    """The weighted mean of every number; the weights sum to one."""
    return IdleStatistics(
        weighted_mean([one.blinks for one in statistics], weights),
        weighted_mean([one.gaze for one in statistics], weights),
        {name: weighted_mean([one.parts[name] for one in statistics], weights) for name in PARTS},
        np.tensordot(weights, [np.array(one.together) for one in statistics], axes=1).tolist(),
    )


def idle_statistics(motions: Sequence[Motion]) -> IdleStatistics:
    """Statistics of faces that idle, each take counted by its length; takes need at least two seconds."""
    measured = [_of_take(motion) for motion in motions]
    lengths = np.array([motion.duration_seconds for motion in motions])
    return blended(measured, (lengths / lengths.sum()).tolist())


def _of_take(motion: Motion) -> IdleStatistics:
    expression, fps = motion.expression.numpy().astype(np.float64), motion.fps
    blinks, blinking = _blinks(expression, fps)
    moved = {name: _slow_and_fast(expression, name, blinking, fps) for name in PARTS}
    parts = {name: _part(*curves, blinking, fps) for name, curves in moved.items()}
    together = _correlations([slow.mean(axis=1) for slow, _ in moved.values()])
    return IdleStatistics(blinks, _gaze(expression, blinking, fps), parts, together)


def _blinks(
    expression: Float[np.ndarray, "frame expression"], fps: float
) -> tuple[BlinkStatistics, Bool[np.ndarray, "frame"]]:
    """Statistics of the blinks, and in which frames lids blink."""
    lids = expression[:, BLINK]
    lid = lids.mean(axis=1)
    around = int(LONGEST_BLINK_SECONDS * fps)
    open_lids = gaussian_filter1d(minimum_filter1d(lid, 2 * around + 1, mode="nearest"), around / 3, mode="nearest")
    closure = np.maximum(lid - open_lids, 0)
    peaks, _ = find_peaks(closure, height=LEAST_BLINK, prominence=LEAST_BLINK, distance=max(1, int(0.1 * fps)))
    blinking = np.zeros(len(lid), bool)
    if len(peaks) == 0:
        return BlinkStatistics(0.0, 0.5, 0.1, 0.2, 0.4, 1.0, 0.0, 0.0, 0.0), blinking
    _, _, _, half = peak_widths(closure, peaks, rel_height=0.5)
    _, _, left, right = peak_widths(closure, peaks, rel_height=0.9)
    for start, end in zip(left, right, strict=True):
        blinking[max(0, int(start - 0.04 * fps)) : int(end + 0.06 * fps) + 2] = True
    intervals = np.diff(peaks) / fps
    heights = lid[peaks]
    difference = (lids[peaks, 0] - lids[peaks, 1]) / np.maximum(heights, 0.1)
    pitch = _directions(expression)[:, 1]
    resting = np.interp(np.arange(len(lid)), np.flatnonzero(~blinking), pitch[~blinking])
    dips = ((resting - pitch)[peaks]) / np.maximum(closure[peaks], 0.1)
    regularity = float(intervals.std() / intervals.mean()) if len(intervals) > 2 else 0.5
    return BlinkStatistics(
        per_minute=60 * fps * len(peaks) / len(lid),
        regularity=regularity,
        closing_seconds=float(np.median(peaks - left)) / fps,
        opening_seconds=float(np.median(right - peaks)) / fps,
        half_open=float(np.median((half - peaks) / np.maximum(right - peaks, 1e-6))),
        height=float(heights.mean()),
        height_deviation=float(heights.std()),
        side_difference=float(difference.std()),
        gaze_dip_degrees=float(np.median(dips)),
    ), blinking


def _directions(expression: Float[np.ndarray, "frame expression"]) -> Float[np.ndarray, "frame 2"]:
    """Where both eyes look, in degrees: sideways and up."""
    left_yaw, left_pitch, _, right_yaw, right_pitch, _ = eye_rotations(expression).T
    return np.degrees(np.stack([(left_yaw + right_yaw) / 2, -(left_pitch + right_pitch) / 2], axis=1))


def _gaze(
    expression: Float[np.ndarray, "frame expression"], blinking: Bool[np.ndarray, "frame"], fps: float
) -> GazeStatistics:
    frames, seen = np.arange(len(expression)), np.flatnonzero(~blinking)
    where = np.stack([np.interp(frames, seen, axis[seen]) for axis in _directions(expression).T], axis=1)
    speed = np.linalg.norm(np.gradient(where, axis=0), axis=1) * fps
    fast = speed > SACCADE_DEGREES_A_SECOND
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fast.astype(int), [0]])))
    jumps, times = [], []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        jump = where[min(end, len(where) - 1)] - where[max(start - 1, 0)]
        if np.linalg.norm(jump) >= LEAST_SACCADE_DEGREES:
            jumps.append(jump)
            times.append(start / fps)
    lengths = np.linalg.norm(jumps, axis=1) if jumps else np.array([LEAST_SACCADE_DEGREES])
    sideways = np.abs(np.array(jumps)[:, 0]) / lengths if jumps else np.array([0.7])
    fixations = np.diff(times)
    drift = speed[~fast & ~blinking]
    return GazeStatistics(
        saccades_a_minute=60 * fps * len(jumps) / len(where),
        regularity=float(fixations.std() / fixations.mean()) if len(fixations) > 2 else 1.0,
        saccade_degrees=float(np.median(lengths)),
        saccade_spread=float(np.log(lengths).std()),
        sideways_share=float(sideways.mean()),
        yaw_deviation_degrees=float(where[:, 0].std()),
        pitch_deviation_degrees=float(where[:, 1].std()),
        drift_degrees_a_second=float(drift.mean()) if len(drift) else 0.0,
    )


def _slow_and_fast(
    expression: Float[np.ndarray, "frame expression"], name: str, blinking: Bool[np.ndarray, "frame"], fps: float
) -> tuple[Float[np.ndarray, "frame side"], Float[np.ndarray, "frame side"]]:
    """A part's movement between blinks, slow and fast, a column for each side."""
    frames, seen = np.arange(len(expression)), np.flatnonzero(~blinking)
    sides = np.stack([np.interp(frames, seen, expression[seen, index]) for index in sides_of(name)], axis=1)
    smooth = gaussian_filter1d(sides, SLOW_SECONDS * fps, axis=0, mode="nearest")
    return smooth - gaussian_filter1d(sides, ACTED_SECONDS * fps, axis=0, mode="nearest"), sides - smooth


def _part(
    slow: Float[np.ndarray, "frame side"],
    fast: Float[np.ndarray, "frame side"],
    blinking: Bool[np.ndarray, "frame"],
    fps: float,
) -> PartStatistics:
    alike = _correlations(list(slow.T))[0][-1]
    # A jump of a whole curve is no tremor: half of the frames tell the deviation.
    tremor = 1.48 * float(np.median(np.abs(fast[~blinking]), axis=0).mean())
    return PartStatistics(float(slow.std(axis=0).mean()), _memory_seconds(slow[:, 0], fps), alike, tremor)


def _correlations(curves: Sequence[Float[np.ndarray, "frame"]]) -> list[list[float]]:
    """Of each curve with each; a still curve is alone."""
    centred = np.stack([curve - curve.mean() for curve in curves])
    size = np.linalg.norm(centred, axis=1)
    moving = size / np.sqrt(centred.shape[1]) > SMALLEST
    unit = np.where(moving[:, None], centred / np.maximum(size, 1e-12)[:, None], 0.0)
    return (unit @ unit.T * (1 - np.eye(len(unit))) + np.eye(len(unit))).tolist()


def sides_of(name: str) -> list[int]:
    """The columns of a part: left and right, or the only one."""
    return [ARKIT_INDEX[name]] if name in ARKIT_INDEX else arkit_indices(name)


def _memory_seconds(curve: Float[np.ndarray, "frame"], fps: float) -> float:
    """Until a curve's correlation with itself has fallen to 1/e; 1 for a still curve."""
    centred = curve - curve.mean()
    if centred.std() < SMALLEST:
        return 1.0
    size = 2 * len(centred)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[: len(centred)]
    below = np.flatnonzero(correlation < correlation[0] / np.e)
    return float(below[0] if len(below) else len(centred)) / fps
