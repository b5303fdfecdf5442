"""Edits of a finished performance: more or less of a part, smoother, earlier or later, at another frame rate."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from torch.nn.functional import interpolate

from ..arkit import ARKIT_INDEX, BLINK, GAZE, NUM_EXPRESSIONS, arkit_indices
from ..errors import CEMNetError
from ..performance_settings import LARGEST_AMOUNT, check_range, is_within
from ..types import Motion

# What an emotion moves and speech hardly does: the upper face, and the corners of the mouth.
EMOTION = arkit_indices(
    "brow", "cheekSquint", "noseSneer", "eyeSquint", "eyeWide", "mouthSmile", "mouthFrown", "mouthDimple"
)
SPEECH = [index for index in range(NUM_EXPRESSIONS) if index not in {*BLINK, *GAZE, *EMOTION}]
LONGEST_SMOOTHING_SECONDS = 10.0
LEAST_SIGMA_FRAMES = 0.01  # a narrower Gaussian reaches no neighbour
LONGEST_OFFSET_SECONDS = 3600.0
# Which eye curves grow when both eyes turn that way; left and right are the person's own, as ARKit has them.
LOOK_LEFT = [ARKIT_INDEX["eyeLookOutLeft"], ARKIT_INDEX["eyeLookInRight"]]
LOOK_RIGHT = [ARKIT_INDEX["eyeLookInLeft"], ARKIT_INDEX["eyeLookOutRight"]]
LOOK_UP, LOOK_DOWN = arkit_indices("eyeLookUp"), arkit_indices("eyeLookDown")


def edit_motion(
    motion: Motion,
    head: float = 1.0,
    blink: float = 1.0,
    gaze: float = 1.0,
    mouth: float = 1.0,
    emotion: float = 1.0,
    smoothing_seconds: float = 0.0,
    offset_seconds: float = 0.0,
    look_sideways: float = 0.0,
    look_up: float = 0.0,
) -> Motion:
    """A copy of the motion with its parts scaled, smoothed, moved in time, and the eyes turned.

    An amount (0 to 3) of 1 keeps a part as it is, 0 stills it; the breath goes with the head. Lids and eyes keep their
    resting position: only their movement is scaled. Smoothing is the standard deviation of a Gaussian over time. A
    positive offset delays the motion; the first or last frame is held, so that the length stays. `look_sideways` and
    `look_up` (−1 to 1) turn both eyes further, to the person's left (the picture's right) and up. CEMNetError where a
    value is out of range.
    """
    amounts = {"head": head, "blink": blink, "gaze": gaze, "mouth": mouth, "emotion": emotion}
    check_edits(amounts, look_sideways, look_up)
    if not (
        is_within(smoothing_seconds, 0.0, LONGEST_SMOOTHING_SECONDS)
        and is_within(offset_seconds, -LONGEST_OFFSET_SECONDS, LONGEST_OFFSET_SECONDS)
    ):
        raise CEMNetError("The smoothing has to be 0 to 10 seconds and the offset at most an hour.")
    expression = with_scaled_parts(motion.expression, amounts)
    turn_eyes(expression, LOOK_LEFT, LOOK_RIGHT, look_sideways)
    turn_eyes(expression, LOOK_UP, LOOK_DOWN, look_up)
    breath = torch.zeros(motion.num_frames) if motion.breath is None else motion.breath
    curves = torch.cat([expression.clamp(0, 1), head * motion.head, head * breath.unsqueeze(1)], dim=1)
    curves = shifted(smoothed(curves, smoothing_seconds * motion.fps), offset_seconds * motion.fps)
    address = motion.memory_address
    return replace(
        motion,
        expression=curves[:, :NUM_EXPRESSIONS],
        head=curves[:, NUM_EXPRESSIONS:-1],
        memory_address=None if address is None else shifted(address, offset_seconds * motion.fps),
        breath=None if motion.breath is None else curves[:, -1],
    )


def check_edits(amounts: Mapping[str, float], look_sideways: float = 0.0, look_up: float = 0.0) -> None:
    """Raises CEMNetError where an amount, given by its part's name, or a turn of the eyes is out of range."""
    for name, amount in amounts.items():
        check_range(f"amount of {name}", amount, LARGEST_AMOUNT)
    for turn in (look_sideways, look_up):
        if not is_within(turn, -1.0, 1.0):
            raise CEMNetError(f"A turn of the eyes, sideways or up, has to be a number from −1 to 1, not {turn}.")


def with_scaled_parts(
    expression: Float[Tensor, "frame expression"], amounts: Mapping[str, float]
) -> Float[Tensor, "frame expression"]:
    """A copy whose lids, gaze, mouth and emotion move by their amounts, around the position where they rest."""
    scaled = expression.clone()
    open_lids, middle = scaled[:, BLINK].quantile(0.1, dim=0), scaled[:, GAZE].median(dim=0).values
    for part, name, rest in (
        (BLINK, "blink", open_lids),
        (GAZE, "gaze", middle),
        (SPEECH, "mouth", 0),
        (EMOTION, "emotion", 0),
    ):
        scaled[:, part] = rest + amounts[name] * (scaled[:, part] - rest)
    return scaled


def turn_eyes(expression: Float[Tensor, "frame expression"], toward: list[int], away: list[int], amount: float) -> None:
    """Adds a turn (−1 to 1) to two opposing groups of curves, in place; afterwards at most one of a pair is above 0."""
    if amount == 0:
        return
    turn = expression[:, toward] - expression[:, away] + amount
    expression[:, toward], expression[:, away] = turn.clamp(0, 1), (-turn).clamp(0, 1)


def at_rate(motion: Motion, fps: float) -> Motion:
    """The motion resampled to another frame rate; its length in seconds stays."""
    if motion.fps == fps:
        return motion
    num_frames = max(1, round(motion.num_frames * fps / motion.fps))

    def resampled(curves: Float[Tensor, "frame curve"]) -> Float[Tensor, "other curve"]:
        return interpolate(curves.T.unsqueeze(0), num_frames, mode="linear").squeeze(0).T

    address = None if motion.memory_address is None else resampled(motion.memory_address)
    breath = None if motion.breath is None else resampled(motion.breath.unsqueeze(1))[:, 0]
    return Motion(resampled(motion.expression), resampled(motion.head), fps, address, breath)


def smoothed(curves: Float[Tensor, "frame curve"], sigma_frames: float) -> Float[Tensor, "frame curve"]:
    """Curves low-passed by a Gaussian of the given standard deviation in frames; the ends are held."""
    if sigma_frames < LEAST_SIGMA_FRAMES:
        return curves
    return torch.from_numpy(gaussian_filter1d(curves.numpy(), sigma_frames, axis=0, mode="nearest")).to(curves.dtype)


def shifted(curves: Float[Tensor, "frame curve"], frames: float) -> Float[Tensor, "frame curve"]:
    """Curves delayed by a number of frames, whole or not (negative: earlier), interpolated; the ends are held."""
    if frames == 0:
        return curves
    at = np.clip(np.arange(len(curves)) - frames, 0, len(curves) - 1)
    before = np.floor(at).astype(int)
    after = np.minimum(before + 1, len(curves) - 1)
    share = torch.from_numpy(at - before).to(curves.dtype).unsqueeze(1)
    return (1 - share) * curves[before] + share * curves[after]
