"""Idle motion: blinks, a wandering gaze and a swaying head, reproducible by a seed."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import ARKIT_INDEX
from ..curves import smoothstep


def blink_curve(num_frames: int, fps: float, rng: np.random.Generator) -> Float[np.ndarray, "frame"]:
    """Lid closure (0 to 1) of spontaneous blinks: about 17 a minute (Bentivoglio et al. 1997), 0.25 to 0.35 s each."""
    seconds = np.arange(num_frames) / fps
    curve = np.zeros(num_frames, np.float32)
    onset = rng.uniform(0.6, 3.0)
    while onset < num_frames / fps:
        closing, opening = rng.uniform(0.08, 0.11), rng.uniform(0.16, 0.24)
        time = seconds - onset
        lid = np.where(time < closing, time / closing, 1 - (time - closing) / opening).clip(0, 1)
        curve = np.maximum(curve, smoothstep(lid))
        onset += closing + opening + float(np.clip(rng.gamma(3.0, 1.1), 1.2, 7.5))
    return curve


def smooth_noise(
    num_frames: int, fps: float, period_seconds: float, channels: int, rng: np.random.Generator
) -> Float[np.ndarray, "frame channel"]:
    """Band-limited noise of about unit amplitude that changes its direction about once a period."""
    seconds = np.arange(num_frames) / fps
    noise = np.zeros((num_frames, channels), np.float32)
    for octave in (1.0, 2.1):
        phase = rng.uniform(0, 2 * math.pi, channels)
        stretch = rng.uniform(0.8, 1.25, channels)
        noise += np.sin(2 * math.pi * seconds[:, None] * octave * stretch / (2 * period_seconds) + phase) / (2 * octave)
    return noise


def add_life(
    expression: Float[Tensor, "frame expression"],
    head: Float[Tensor, "frame 3"],
    fps: float,
    seed: int,
    blinks: float = 1.0,
    gaze: float = 1.0,
    sway: float = 1.0,
) -> tuple[Float[Tensor, "frame expression"], Float[Tensor, "frame 3"]]:
    """Expression and head (radians) with blinks, a wandering gaze and a swaying head added.

    An amount of 1 is natural, 0 switches the part off; more than 1 exaggerates gaze and head. `sway` scales the head's
    own motion, too. The head starts in the portrait's pose.
    """
    rng = np.random.default_rng(seed)
    lid = torch.from_numpy(blink_curve(len(expression), fps, rng)) * min(blinks, 1.0)
    wander = torch.from_numpy(smooth_noise(len(expression), fps, 2.2, 2, rng)) * (0.12 * gaze)
    nod = torch.from_numpy(smooth_noise(len(expression), fps, 1.6, 3, rng)) * (0.02 * sway)
    start = (torch.arange(len(head)).unsqueeze(1) / (0.6 * fps)).clamp_max(1.0)  # the portrait's own pose comes first
    alive = expression.clone()
    for side, inward in (("Left", 1.0), ("Right", -1.0)):
        blink = ARKIT_INDEX["eyeBlink" + side]
        alive[:, blink] = alive[:, blink] + lid * (1 - alive[:, blink])
        for name in ("eyeWide", "eyeSquint"):
            alive[:, ARKIT_INDEX[name + side]] *= 1 - lid
        looks = {"In": inward * wander[:, 0], "Out": -inward * wander[:, 0], "Up": wander[:, 1], "Down": -wander[:, 1]}
        for direction, amount in looks.items():
            alive[:, ARKIT_INDEX[f"eyeLook{direction}{side}"]] += amount.clamp_min(0)
    return alive.clamp(0, 1), start * (head * sway + nod)
