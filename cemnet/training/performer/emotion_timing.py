"""The course of an emotion in time: onset part by part, apex, decay, stress, and the tremor of fear.

Order of the parts after Jack, Garrod & Schyns, "Dynamic facial expressions of emotion transmit an evolving hierarchy of
signals over time", Current Biology 2014: widened eyes and a wrinkled nose come first. Onset of smiles after Schmidt,
Cohn & Tian, Biological Psychology 2003; sadness lasts and surprise is brief (Verduyn & Lavrijsen, Motivation and
Emotion 2015). Brows that beat time with stressed words are the batons of Ekman, "About brows", 1979, and follow pitch
(Cavé et al., ICSLP 1996). The numbers are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from ...arkit import NUM_EXPRESSIONS, Emotion, arkit_indices
from ...curves import smoothstep
from ...types import MOTION_FPS
from ..corpora.phonemes import PhonemeSpan
from .emotion_prototypes import action_units_to_arkit


@dataclass(frozen=True)
class Timing:
    """One emotion's rise and fall."""

    onset_seconds: float
    lasting: float  # share of the first apex that stays
    fade_seconds: float  # in which the rest goes


TIMINGS: dict[Emotion, Timing] = {
    "neutral": Timing(0.5, 1.0, 1.0), "happy": Timing(0.5, 0.93, 2.0), "sad": Timing(0.9, 1.0, 1.0),
    "angry": Timing(0.4, 0.95, 1.5), "fear": Timing(0.3, 0.88, 1.5), "disgust": Timing(0.45, 0.9, 1.5),
    "surprise": Timing(0.25, 0.78, 1.2), "contempt": Timing(0.6, 0.95, 2.0),
}  # fmt: skip
# Seconds by which parts of a face come later than its brows.
PART_DELAYS = {"eyeWide": -0.08, "noseSneer": -0.08, "eyeSquint": 0.04, "cheek": 0.06, "mouth": 0.08, "jaw": 0.08}
# What a stressed word adds to the brows, in calm speech and at full intensity.
BATONS: dict[str, dict[str, float]] = {
    "raised": {"browInnerUp": 0.7, "browOuterUp": 1.0}, "lowered": {"browDown": 1.0, "eyeSquint": 0.4}
}  # fmt: skip
LOWERING: tuple[Emotion, ...] = ("angry", "disgust")
BATON_HEIGHTS = (0.12, 0.25)
# What a mouth does while nothing is said: anger bares its teeth in words and presses its lips between them.
SILENT_UNITS: dict[Emotion, dict[str, float]] = {
    "angry": {"AU24": 0.7, "AU23": 0.4}, "disgust": {"AU17": 0.5}
}  # fmt: skip
TREMBLING = {"browInnerUp": 0.01, "eyeWide": 0.01, "mouthStretch": 0.015, "mouthShrugLower": 0.015}
TREMOR_FRAMES = (0.7, 2.0)  # the tremor lies between these two widths of smoothing: about 3 to 6 a second


def emotion_course(
    phonemes: Sequence[PhonemeSpan],
    times: Float[np.ndarray, "frame"],
    stress: Float[np.ndarray, "frame"],
    wander: Float[np.ndarray, "frame"],
    emotion: Emotion,
    rng: np.random.Generator,
    pace: float = 1.0,
) -> Float[np.ndarray, "frame"]:
    """The share of the emotion that is shown, 0 to 1.

    It rises with the first phrase, peaks on stressed syllables and sinks slowly after the last word. `times` are in
    seconds, `stress` is 0 to 1, and `wander` is slow noise of unit variance. The onset is `pace` times as fast.
    """
    timing = TIMINGS[emotion]
    spoken = [span for span in phonemes if span.phoneme != "SIL"]
    start = spoken[0].start_seconds if spoken else times[-1] + 1
    end = max((span.end_seconds for span in spoken), default=0.0)
    onset = timing.onset_seconds / pace * rng.uniform(0.8, 1.3)
    begun = times - (start - rng.uniform(0.15, 0.35))
    rise = (begun / onset).clip(0, 1)
    fade = 1 - np.exp(-(begun - onset).clip(0, None) / timing.fade_seconds)
    fall = np.exp(-np.maximum(times - end - 0.2, 0) / rng.uniform(1.5, 3.0))
    before = rng.uniform(0.3, 0.45)
    envelope = before + (1 - before) * smoothstep(rise) * (0.45 + 0.55 * fall)
    envelope *= 1 - (1 - timing.lasting) * fade
    return (envelope * (0.8 + 0.2 * stress + 0.04 * wander)).clip(0, 1)


def course_of_parts(course: Float[np.ndarray, "frame"]) -> Float[np.ndarray, "frame expression"]:
    """The course of every blendshape: that of the whole face, shifted by its part's delay (PART_DELAYS)."""
    frames = np.arange(len(course))
    parts = np.tile(course[:, None], NUM_EXPRESSIONS)
    for stem, delay in PART_DELAYS.items():
        parts[:, arkit_indices(stem)] = np.interp(frames - delay * MOTION_FPS, frames, course)[:, None]
    return parts


def batons(
    stress: Float[np.ndarray, "frame"], emotion: Emotion, intensity: float, course: Float[np.ndarray, "frame"]
) -> Float[np.ndarray, "frame expression"]:
    """Brow movements on stressed words: lowered brows in anger and disgust, raised ones otherwise."""
    accent = gaussian_filter1d(stress - gaussian_filter1d(stress, 7.0, mode="nearest"), 1.5, mode="nearest")
    calm, strong = BATON_HEIGHTS
    height = calm + (strong - calm) * intensity * course
    beat = np.zeros((len(stress), NUM_EXPRESSIONS))
    for stem, share in BATONS["lowered" if emotion in LOWERING else "raised"].items():
        beat[:, arkit_indices(stem)] = share
    return beat * (height * np.tanh(5 * accent.clip(0, None)))[:, None]


def silent_mouth(
    rest: Float[np.ndarray, "frame"], emotion: Emotion, intensity: float, course: Float[np.ndarray, "frame"]
) -> Float[np.ndarray, "frame expression"]:
    """The emotion's blendshapes for lips that rest between words: `rest` is 1 where they rest."""
    shown = action_units_to_arkit(SILENT_UNITS.get(emotion, {}))
    return (rest * intensity * course)[:, None] * shown


def tremor(
    num_frames: int, emotion: Emotion, intensity: float, rng: np.random.Generator
) -> Float[np.ndarray, "frame expression"]:
    """Small random movements (3 to 6 a second) of a frightened face; zeros for every other emotion."""
    trembling = np.zeros((num_frames, NUM_EXPRESSIONS))
    if emotion == "fear":
        fast, slow = TREMOR_FRAMES
        for stem, size in TREMBLING.items():
            noise = rng.normal(size=num_frames)
            shaking = gaussian_filter1d(noise, fast, mode="nearest") - gaussian_filter1d(noise, slow, mode="nearest")
            trembling[:, arkit_indices(stem)] = (intensity * size * 2 * shaking.clip(-1.5, 1.5))[:, None]
    return trembling
