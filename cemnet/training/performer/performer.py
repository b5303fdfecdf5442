"""The performer: rules that act speech with emotion. It makes the training's targets.

Mouth shapes come from `visemes`, emotions from `emotion_prototypes`, their course in time from `emotion_timing`; this
file combines them. What the manner of a voice adds to its emotion is in `manner_displays`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ...arkit import ARKIT_NAMES, OPENING, Emotion, arkit_indices
from ...config import MANNER_AXES
from ...motion.idle import blink_curve
from ...motion.lip_aperture import LIP_GAP_WEIGHTS, MOUTH_CLOSE, lip_parting, visible_aperture
from ...types import MOTION_FPS
from ..corpora.phonemes import BILABIALS, LABIODENTALS, PhonemeSpan
from .emotion_prototypes import Person
from .emotion_timing import batons, course_of_parts, emotion_course, silent_mouth, tremor
from .manner_displays import (
    BATONS_BY_RANGE,
    HEAD_BY_AROUSAL,
    HEAD_BY_TEMPO,
    JAW_BY_EFFORT,
    LIPS_BY_EFFORT,
    ONSET_BY_AROUSAL,
    arousal,
    manner_deviation,
    manner_displacement,
)
from .visemes import articulation_curves, contact_curve, frame_times, rest_curve

__all__ = ["Performance", "PhonemeSpan", "perform"]

# How far the jaw drops in speech at full intensity, relative to calm speech.
EMOTION_JAW: dict[Emotion, float] = {
    "neutral": 1.0, "happy": 1.12, "sad": 0.84, "angry": 1.28, "fear": 1.0, "disgust": 0.92, "surprise": 1.2,
    "contempt": 0.85,
}  # fmt: skip
# Pitch of the head in radians at full intensity; positive lowers the chin.
EMOTION_NOD: dict[Emotion, float] = {
    "neutral": 0.0, "happy": -0.02, "sad": 0.08, "angry": 0.035, "fear": -0.02, "disgust": -0.03, "surprise": -0.03,
    "contempt": -0.035,
}  # fmt: skip
PRESSING = arkit_indices("mouthPress", "mouthRoll", "mouthShrug", "mouthPucker", "mouthClose")
PARTED_LIPS = arkit_indices("mouthLowerDown", "mouthUpperUp")
MOUTH_AND_CHEEKS = arkit_indices("jaw", "mouth", "tongue", "cheekPuff")
# What an emotion keeps of its own opening of the mouth while nothing is said; the lips meet nevertheless.
OPENING_AT_REST = {"mouthLowerDown": 0.2, "mouthUpperUp": 0.5}
CLOSED_LEVEL = 0.95


@dataclass(frozen=True)
class Performance:
    """A performance at MOTION_FPS. `expression` has everything but blinks; `blinking` adds them."""

    articulation: Float[np.ndarray, "frame expression"]  # speech alone
    emotion_gain: Float[np.ndarray, "frame"]  # share of the emotion that shows
    expression: Float[np.ndarray, "frame expression"]
    head: Float[np.ndarray, "frame 3"]  # yaw, pitch, roll in radians
    closed: Bool[np.ndarray, "frame"]  # the lips are shut for /p b m/
    closure: Float[np.ndarray, "frame"]  # the same, with its smooth ramps
    blink: Float[np.ndarray, "frame"]

    def blinking(self) -> Float[np.ndarray, "frame expression"]:
        """The expression with blinks: while the lids close, widened and squinted eyes relax."""
        expression = self.expression.copy()
        expression[:, arkit_indices("eyeWide", "eyeSquint")] *= 1 - self.blink[:, None]
        lids = arkit_indices("eyeBlink")
        expression[:, lids] += self.blink[:, None] * (1 - expression[:, lids])
        return expression


def perform(
    phonemes: Sequence[PhonemeSpan],
    prosody: Float[np.ndarray | torch.Tensor, "frame 4"],
    person: Person,
    emotion: Emotion,
    intensity: float,
    rng: np.random.Generator,
    manner: Float[np.ndarray, "manner"] | None = None,
) -> Performance:
    """Acts the phonemes with an emotion of the given intensity (0 to 1); one rng state gives one performance.

    `prosody` holds the first columns of `voice_features` of the same sound and sets the number of frames. `manner` is
    that of the voice whose emotion is shown (`speech.manner`); None is the mean manner of the emotion's voices.
    """
    apart = dict(zip(MANNER_AXES, manner_deviation(emotion, manner), strict=True))
    aroused = arousal(manner_deviation(emotion, manner))
    voice = np.asarray(prosody, np.float64)
    num_frames = len(voice)
    loudness = _loudness(voice)
    stress = _stress(voice, loudness)
    jaw = rng.lognormal(0, 0.08) * (0.62 + 0.48 * loudness) * (1 + intensity * (EMOTION_JAW[emotion] - 1))
    articulation = articulation_curves(phonemes, num_frames, jaw * (1 + JAW_BY_EFFORT * apart["effort"]))
    articulation[:, PARTED_LIPS] *= 1 + LIPS_BY_EFFORT * apart["effort"]
    times, pace = frame_times(num_frames), float(np.exp(ONSET_BY_AROUSAL * aroused))
    gain = emotion_course(phonemes, times, stress, smooth_noise(num_frames, 1.2, rng), emotion, rng, pace)
    rest = rest_curve(phonemes, num_frames, times)
    closure = contact_curve(phonemes, BILABIALS, num_frames)
    lip_teeth = contact_curve(phonemes, LABIODENTALS, num_frames)
    shown = intensity * course_of_parts(gain)
    emotional = person.show(emotion, shown) + shown * manner_displacement(person, emotion, manner)
    emotional = np.maximum(emotional, silent_mouth(rest, emotion, intensity, gain))
    beats = batons(stress, emotion, intensity, gain) * np.exp(BATONS_BY_RANGE * apart["pitch_range"])
    emotional = emotional + beats + tremor(num_frames, emotion, intensity, rng)
    expression = combine(articulation, emotional, rest, closure, lip_teeth)
    return Performance(
        articulation=articulation,
        emotion_gain=gain.astype(np.float32),
        expression=expression,
        head=_head_motion(loudness, stress, emotion, intensity, gain, rng, aroused, apart["tempo"]),
        closed=closure >= CLOSED_LEVEL,
        closure=closure.astype(np.float32),
        blink=blink_curve(num_frames, MOTION_FPS, rng),
    )


def combine(
    articulation: Float[np.ndarray, "frame expression"],
    emotional: Float[np.ndarray, "frame expression"],
    rest: Float[np.ndarray, "frame"],
    closure: Float[np.ndarray, "frame"],
    lip_teeth: Float[np.ndarray, "frame"],
) -> Float[np.ndarray, "frame expression"]:
    """Speech on an emotional face.

    The emotion shapes the corners of the mouth and the rest of the face. Its opening of the mouth is reduced at lip
    contacts and at rest, and its pressing of the lips is reduced in open vowels. `rest`, `closure` and `lip_teeth` are
    0 to 1.
    """
    expression = emotional.astype(np.float64).clip(0, 1)
    openness = (visible_aperture(articulation) / 0.35).clip(0, 1)
    expression[:, PRESSING] *= (1 - 0.75 * openness)[:, None]
    speaking = (1 - rest) * (1 - closure) * (1 - 0.8 * lip_teeth)
    for index in OPENING:
        stem = ARKIT_NAMES[index].removesuffix("Left").removesuffix("Right")
        at_rest = OPENING_AT_REST.get(stem, 0.0) * rest * (1 - closure)
        expression[:, index] *= 0.8 * speaking + at_rest
    expression += articulation
    # Lips that must meet do so, whatever else lifts or lowers them (a sneer lifts the upper lip).
    meeting = np.maximum(closure, rest)
    expression[:, OPENING] *= (1 - closure)[:, None]
    parting = lip_parting(expression.clip(0, 1)).clip(0, None)
    expression[:, MOUTH_CLOSE] += meeting * parting / -LIP_GAP_WEIGHTS[MOUTH_CLOSE]
    return expression.clip(0, 1).astype(np.float32)


def _loudness(voice: Float[np.ndarray, "frame 4"]) -> Float[np.ndarray, "frame"]:
    """0 to 1, smoothed over about a syllable: the jaw stays open through a weak consonant of a loud syllable."""
    level = (1 + 2.2 * voice[:, 0]).clip(0, 1)
    return gaussian_filter1d(maximum_filter1d(level, 5, mode="nearest"), 1.5, mode="nearest")


def _stress(voice: Float[np.ndarray, "frame 4"], loudness: Float[np.ndarray, "frame"]) -> Float[np.ndarray, "frame"]:
    """Prosodic prominence from 0 to 1: loud, and high in the speaker's range."""
    voiced = gaussian_filter1d(voice[:, 3], 3.0, mode="nearest")
    pitch = gaussian_filter1d(voice[:, 2] * voice[:, 3], 3.0, mode="nearest") / np.maximum(voiced, 0.2)
    prominence = gaussian_filter1d(loudness, 2.5, mode="nearest") * (0.65 + 0.7 * pitch.clip(-0.5, 0.5))
    return prominence.clip(0, 1)


def smooth_noise(num_frames: int, period_seconds: float, rng: np.random.Generator) -> Float[np.ndarray, "frame"]:
    """Low-pass Gaussian noise of unit variance; nothing in it is faster than about the period."""
    deviation = period_seconds * MOTION_FPS / 4
    margin = int(4 * deviation) + 1
    smooth = gaussian_filter1d(rng.normal(size=num_frames + 2 * margin), deviation)[margin : margin + num_frames]
    return smooth * np.sqrt(2 * deviation * np.sqrt(np.pi))


def _head_motion(
    loudness: Float[np.ndarray, "frame"],
    stress: Float[np.ndarray, "frame"],
    emotion: Emotion,
    intensity: float,
    gain: Float[np.ndarray, "frame"],
    rng: np.random.Generator,
    aroused: float,
    tempo: float,
) -> Float[np.ndarray, "frame 3"]:
    """Slow random motion, nods on stressed syllables and the emotion's posture; a few degrees, in radians.

    `aroused` and `tempo` are the manner's, in standard deviations: an aroused speaker moves more, a fast one faster.
    """
    speaking = gaussian_filter1d(loudness, 6.0, mode="nearest")
    slowness = np.exp(-HEAD_BY_TEMPO * tempo)
    yaw, pitch, roll = (smooth_noise(len(stress), period * slowness, rng) for period in (2.4, 1.8, 2.8))
    nod = gaussian_filter1d(stress - gaussian_filter1d(stress, 12.0, mode="nearest"), 1.5, mode="nearest")
    lively = (0.35 + 0.65 * speaking) * (0.7 + 0.5 * intensity) * np.exp(HEAD_BY_AROUSAL * aroused)
    carriage = EMOTION_NOD[emotion] * intensity * gaussian_filter1d(gain, 5.0, mode="nearest")
    head = np.stack(
        [0.030 * lively * yaw, 0.018 * lively * pitch + 0.10 * lively * nod + carriage, 0.015 * lively * roll]
    )
    return head.T.clip(-0.2, 0.2).astype(np.float32)
