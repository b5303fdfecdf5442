"""The settings of a performance, checked in one place for the command, the nodes and the library."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, get_args

from .arkit import EMOTIONS
from .errors import CEMNetError, quoted
from .types import MOTION_FPS

FilmEnd = Literal["hold", "loop", "ping-pong"]
FILM_ENDS: tuple[FilmEnd, ...] = get_args(FilmEnd)  # what a film does where its voice goes on: see render.film
AUTO = "auto"  # the voice decides
LARGEST_INTENSITY = 2.0
LARGEST_AMOUNT = 3.0
SLOWEST_FPS, FASTEST_FPS = 1.0, 240.0


def is_within(value: object, least: float, most: float) -> bool:
    """True for a number from `least` to `most`; False for NaN, for infinity and for anything that is no number."""
    number: Any = value  # the types of `Real` know no comparison with a float
    return isinstance(value, Real) and bool(least <= number <= most)


def check_range(name: str, value: object, most: float) -> None:
    """Raises CEMNetError where the named value is not a number from 0 to `most`."""
    if not is_within(value, 0.0, most):
        raise CEMNetError(f"The {name} has to be a number from 0 to {most:g}, not {value}.")


def check_face_index(index: object) -> None:
    """Raises CEMNetError where the number of a face is neither None (the largest) nor a whole number from 0 on."""
    number: Any = index
    if index is not None and not (isinstance(index, Integral) and number >= 0):
        raise CEMNetError(f"The number of a face has to be a whole one from 0 (the largest) on, not {index}.")


def check_film_end(film_end: str) -> None:
    """Raises CEMNetError for what is none of FILM_ENDS."""
    if film_end not in FILM_ENDS:
        raise CEMNetError(f"There is no film end {quoted(film_end)}. Choose one of: {', '.join(FILM_ENDS)}.")


@dataclass(frozen=True)
class PerformanceSettings:
    """Settings of a performance. With the defaults the voice alone decides.

    Raises CEMNetError where a value is out of range, NaN or no number; its sentence names the setting and the range.
    """

    emotion: str = AUTO  # or one of EMOTIONS, in place of the voice's own
    intensity: float = 1.0  # 0 to 2: 0 is neutral, 1 as strong as heard (a named emotion in full), 2 exaggerates
    seed: int = 0  # 0 or more; the same seed gives the same blinks, gaze and head motion
    fps: float = MOTION_FPS  # 1 to 240 frames a second
    blinks: float = 1.0  # 0 to 3: how far the eyes close in a blink; 0 is never, 1 and more is fully
    gaze: float = 1.0  # 0 to 3: how far the eyes wander; 0 is not at all, 1 is natural
    head_motion: float = 1.0  # 0 to 3: how far the head moves; 0 is not at all, 1 is natural
    compensation: float = 1.0  # 0 to 1: the share of the portrait's own emotion that leaves the face

    def __post_init__(self) -> None:
        if self.emotion not in (AUTO, *EMOTIONS):
            raise CEMNetError(
                f"There is no emotion {quoted(self.emotion)}. Choose {AUTO} or one of: {', '.join(EMOTIONS)}."
            )
        if not (isinstance(self.seed, Integral) and self.seed >= 0):
            raise CEMNetError(f"The seed has to be a whole number from 0 on, not {self.seed}.")
        if not is_within(self.fps, SLOWEST_FPS, FASTEST_FPS):
            raise CEMNetError(
                f"{self.fps} frames a second cannot be made. "
                f"Choose {SLOWEST_FPS:g} to {FASTEST_FPS:g}; 25 suits speech."
            )
        check_range("intensity", self.intensity, LARGEST_INTENSITY)
        check_range("amount of blinks", self.blinks, LARGEST_AMOUNT)
        check_range("amount of gaze", self.gaze, LARGEST_AMOUNT)
        check_range("amount of head motion", self.head_motion, LARGEST_AMOUNT)
        check_range("compensation of the portrait's emotion", self.compensation, 1.0)


DEFAULT_PERFORMANCE = PerformanceSettings()
