"""What an artist changes about a performance after it was made: more or less of a part, smoother, earlier or later."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from torch.nn.functional import interpolate

from ..arkit import ARKIT_INDEX, BLINK, GAZE, NUM_EXPRESSIONS, arkit_indices
from ..errors import CEMNetError
from ..types import Motion

# What an emotion moves and speech hardly does: the upper face, and the corners of the mouth.
EMOTION = arkit_indices(
    "brow", "cheekSquint", "noseSneer", "eyeSquint", "eyeWide", "mouthSmile", "mouthFrown", "mouthDimple"
)
SPEECH = [index for index in range(NUM_EXPRESSIONS) if index not in {*BLINK, *GAZE, *EMOTION}]
LARGEST_AMOUNT = 3.0
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
    """The performance with more or less of its parts; every amount is 1 for no change and 0 for none of it, up to 3.

    Lids and eyes keep where they rest, only their movement is scaled. Smoothing is the standard deviation of a Gaussian
    over time. A positive offset lets the movement come later; the first or the last frame fills the gap, so that the
    length stays. The eyes turn as far as `look_sideways` (to the person's left, which is the picture's right; −1 to 1)
    and `look_up` (−1 to 1) say, on top of what they do. CEMNetError for an amount outside its range.
    """
    amounts = {"head": head, "blink": blink, "gaze": gaze, "mouth": mouth, "emotion": emotion}
    for name, amount in amounts.items():
        if not 0.0 <= amount <= LARGEST_AMOUNT:
            raise CEMNetError(f"The amount of {name} has to be 0 to {LARGEST_AMOUNT:g}, not {amount:g}.")
    if not (0.0 <= smoothing_seconds <= 10.0 and abs(offset_seconds) <= 3600.0):
        raise CEMNetError("The smoothing has to be 0 to 10 seconds and the offset at most an hour.")
    if not (abs(look_sideways) <= 1.0 and abs(look_up) <= 1.0):
        raise CEMNetError("The eyes can be turned by −1 to 1, sideways and up.")
    expression = motion.expression.clone()
    open_lids, middle = expression[:, BLINK].quantile(0.1, dim=0), expression[:, GAZE].median(dim=0).values
    for part, amount, rest in (
        (BLINK, blink, open_lids),
        (GAZE, gaze, middle),
        (SPEECH, mouth, 0),
        (EMOTION, emotion, 0),
    ):
        expression[:, part] = rest + amount * (expression[:, part] - rest)
    turn_eyes(expression, LOOK_LEFT, LOOK_RIGHT, look_sideways)
    turn_eyes(expression, LOOK_UP, LOOK_DOWN, look_up)
    curves = torch.cat([expression.clamp(0, 1), head * motion.head], dim=1)
    curves = shifted(smoothed(curves, smoothing_seconds * motion.fps), offset_seconds * motion.fps)
    address = motion.memory_address
    return replace(
        motion,
        expression=curves[:, :NUM_EXPRESSIONS],
        head=curves[:, NUM_EXPRESSIONS:],
        memory_address=None if address is None else shifted(address, offset_seconds * motion.fps),
    )


def turn_eyes(expression: Float[Tensor, "frame expression"], toward: list[int], away: list[int], amount: float) -> None:
    """Adds a turn to opposing curves, in place, so that only one of the two is above 0; 0 leaves them as they are."""
    if amount == 0:
        return
    turn = expression[:, toward] - expression[:, away] + amount
    expression[:, toward], expression[:, away] = turn.clamp(0, 1), (-turn).clamp(0, 1)


def at_rate(motion: Motion, fps: float) -> Motion:
    """The same performance at another frame rate, as long in seconds."""
    if motion.fps == fps:
        return motion
    num_frames = max(1, round(motion.num_frames * fps / motion.fps))

    def resampled(curves: Float[Tensor, "frame curve"]) -> Float[Tensor, "other curve"]:
        return interpolate(curves.T.unsqueeze(0), num_frames, mode="linear").squeeze(0).T

    address = None if motion.memory_address is None else resampled(motion.memory_address)
    return Motion(resampled(motion.expression), resampled(motion.head), fps, address)


def smoothed(curves: Float[Tensor, "frame curve"], sigma_frames: float) -> Float[Tensor, "frame curve"]:
    """Low-passed over time; the ends are held."""
    if sigma_frames == 0:
        return curves
    return torch.from_numpy(gaussian_filter1d(curves.numpy(), sigma_frames, axis=0, mode="nearest")).to(curves.dtype)


def shifted(curves: Float[Tensor, "frame curve"], frames: float) -> Float[Tensor, "frame curve"]:
    """Later by so many frames, whole or not, earlier where negative; the ends are held."""
    if frames == 0:
        return curves
    at = np.clip(np.arange(len(curves)) - frames, 0, len(curves) - 1)
    before = np.floor(at).astype(int)
    after = np.minimum(before + 1, len(curves) - 1)
    share = torch.from_numpy(at - before).to(curves.dtype).unsqueeze(1)
    return (1 - share) * curves[before] + share * curves[after]
