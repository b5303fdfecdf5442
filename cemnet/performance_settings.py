"""What may be asked of a performance, checked once for the command, the nodes and the library."""

import math
from dataclasses import dataclass

from .arkit import EMOTIONS
from .errors import CEMNetError
from .types import MOTION_FPS

AUTO = "auto"  # the voice decides
LARGEST_INTENSITY = 2.0
LARGEST_AMOUNT = 3.0
SLOWEST_FPS, FASTEST_FPS = 1.0, 120.0


@dataclass(frozen=True)
class PerformanceSettings:
    """How a face is to perform a voice; the defaults let the voice alone decide.

    CEMNetError, a sentence that names the field and its range, where a value is not a number or out of range.
    """

    emotion: str = AUTO  # or one of EMOTIONS, in place of what the voice says
    intensity: float = 1.0  # 1 as strongly as the voice says it, or a named emotion in full; 0 neutral, 2 exaggerated
    seed: int = 0  # the same seed gives the same blinks, gaze and head motion
    fps: float = MOTION_FPS  # frames a second of the motion
    blinks: float = 1.0  # how far the eyes close in a blink; 1 is natural, 0 switches it off
    gaze: float = 1.0  # how far the eyes wander, likewise
    head_motion: float = 1.0  # how far the head moves, likewise
    compensation: float = 1.0  # the share of the portrait's own emotion that leaves the face

    def __post_init__(self) -> None:
        if self.emotion not in (AUTO, *EMOTIONS):
            raise CEMNetError(f"There is no emotion {self.emotion!r}. Choose {AUTO} or one of: {', '.join(EMOTIONS)}.")
        if self.seed < 0:
            raise CEMNetError(f"The seed has to be a whole number from 0 on, not {self.seed}.")
        if not SLOWEST_FPS <= self.fps <= FASTEST_FPS:  # false for NaN as well
            raise CEMNetError(
                f"{self.fps:g} frames a second cannot be made. "
                f"Choose {SLOWEST_FPS:g} to {FASTEST_FPS:g}; 25 suits speech."
            )
        check_range("intensity", self.intensity, LARGEST_INTENSITY)
        check_range("amount of blinks", self.blinks, LARGEST_AMOUNT)
        check_range("amount of gaze", self.gaze, LARGEST_AMOUNT)
        check_range("amount of head motion", self.head_motion, LARGEST_AMOUNT)
        check_range("compensation of the portrait's emotion", self.compensation, 1.0)


def check_range(name: str, value: float, most: float) -> None:
    """CEMNetError where a value is not a number from 0 to `most`."""
    if not (math.isfinite(value) and 0.0 <= value <= most):
        raise CEMNetError(f"The {name} has to be 0 to {most:g}, not {value:g}.")
