"""How a head moves by itself: it sways and breathes, beats with the words, tilts in contempt, and settles at the end.

Sizes and speeds are those of filmed heads of two people who speak one sentence in eight emotions (MEAD), measured by
`train/evaluate.py heads`. Two people are few: what differs between emotions goes a sixth less far than theirs.
"""

import math

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from ..arkit import EMOTIONS, Emotion
from ..curves import smoothstep
from .breath import quiet_breath
from .lip_aperture import visible_aperture
from .noise import steady_noise

Shown = Float[Tensor, "frame shown"] | None  # the emotion states that a face shows, see emotion.states; None: neutral
SWAY_SECONDS, SWAY_RADIANS = 0.9, (0.011, 0.007, 0.006)  # yaw, pitch, roll
BREATH_RADIANS = 0.0066
# How far the head sways and beats in full emotion, against a neutral one. Filmed sad heads sway as much as angry ones;
# we let sadness slow down.
HEAD_SWAY: dict[Emotion, float] = {
    "happy": 1.6, "sad": 1.1, "angry": 1.5, "fear": 1.9, "disgust": 1.1, "surprise": 1.35, "contempt": 1.3,
}  # fmt: skip
HEAD_BEATS: dict[Emotion, float] = {
    "happy": 1.9, "sad": 1.25, "angry": 1.55, "fear": 1.75, "disgust": 1.2, "surprise": 1.35, "contempt": 1.25,
}  # fmt: skip
# Beats: the chin rises as the mouth opens, and all axes move a little, mostly one and a half to three times a second.
CHIN_BY_APERTURE = math.radians(-2.8)  # for a fully open mouth, faster than a phrase
BEAT_RADIANS = tuple(math.radians(degrees) for degrees in (0.37, 0.44, 0.22))  # yaw, pitch, roll
BEAT_SECONDS, PHRASE_SECONDS = 0.07, 0.4  # deviations of the Gaussians between which a beat lies: the voice's own
# motion of the head, which trembles there, is kept as far as it is slower
WORDS_SECONDS = 0.12  # deviation of the Gaussian by which beats come and go with words
CONTEMPT_TILT = math.radians(2.5)  # to a side by the seed
STARTING_SECONDS = 0.6  # in which the head leaves the portrait's pose
SETTLING_SECONDS, SETTLED_SHARE = 0.9, 0.25  # before the end, and what is left of the head's turn there


def sway_curve(
    num_frames: int, fps: float, rng: np.random.Generator, shown: Shown = None, phase: float = 0.0
) -> Float[np.ndarray, "frame 3"]:
    """A swaying head and its breath: yaw, pitch and roll in radians; the end leads to the beginning.

    `phase` is that of the breath, see `quiet_breath`.
    """
    nod = steady_noise(num_frames, fps, SWAY_SECONDS, 3, rng) * np.array(SWAY_RADIANS)
    nod *= by_emotion(HEAD_SWAY, shown, num_frames)
    nod[:, 1] -= BREATH_RADIANS * quiet_breath(num_frames, fps, phase)
    return nod


def by_emotion(factors: dict[Emotion, float], shown: Shown, num_frames: int) -> Float[np.ndarray, "frame 1"]:
    """A factor of each frame by the emotions that it shows: 1 in a neutral face."""
    if shown is None:
        return np.ones((num_frames, 1))
    extra = np.array([factors[emotion] - 1 for emotion in EMOTIONS if emotion != "neutral"])
    return (1 + shown.double().cpu().numpy() @ extra).clip(0.3, 2.0)[:, None]


def speaking_head(
    head: Float[Tensor, "frame 3"],
    expression: Float[Tensor, "frame expression"],
    speaking: Float[Tensor, "frame"],
    fps: float,
    rng: np.random.Generator,
    shown: Shown = None,
) -> Float[np.ndarray, "frame 3"]:
    """A head (radians) that goes with the words: carried as the voice asks, beating with mouth and words.

    `head` and `expression` are the decoder's, `speaking` is 1 in words.
    """
    carried = gaussian_filter1d(head.double().cpu().numpy(), PHRASE_SECONDS * fps, axis=0, mode="nearest")
    words = gaussian_filter1d(speaking.double().cpu().numpy(), WORDS_SECONDS * fps, mode="nearest")[:, None]
    mouth = visible_aperture(expression.double().cpu().numpy())[:, None]
    beats = _beats(rng.normal(size=head.shape), fps)
    beats *= np.array(BEAT_RADIANS) / np.maximum(beats.std(axis=0), 1e-9)
    beats[:, 1:2] += CHIN_BY_APERTURE * _beats(mouth, fps)
    moved = carried + by_emotion(HEAD_BEATS, shown, len(head)) * words * beats
    if shown is not None:
        side = 1.0 if rng.random() < 0.5 else -1.0
        contempt = [emotion for emotion in EMOTIONS if emotion != "neutral"].index("contempt")
        moved[:, 2] += side * CONTEMPT_TILT * shown[:, contempt].double().cpu().numpy()
    return moved


def _beats(curve: Float[np.ndarray, "frame channel"], fps: float) -> Float[np.ndarray, "frame channel"]:
    """What is slower than a tremble and faster than a phrase."""
    quick = gaussian_filter1d(curve, BEAT_SECONDS * fps, axis=0, mode="nearest")
    return quick - gaussian_filter1d(curve, PHRASE_SECONDS * fps, axis=0, mode="nearest")


def at_the_ends(num_frames: int, fps: float) -> Float[Tensor, "frame"]:
    """0 in the first frame, where the portrait's pose is seen, then 1, and little at the end, where the head rests."""
    frames = torch.arange(num_frames)
    start = (frames / (STARTING_SECONDS * fps)).clamp_max(1.0)
    left = (num_frames - 1 - frames) / (SETTLING_SECONDS * fps)
    return start * (SETTLED_SHARE + (1 - SETTLED_SHARE) * smoothstep(left.clamp(0, 1)))
