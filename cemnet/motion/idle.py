"""Idle motion: blinks, glances, brows and lids that never stand still, breath and a swaying head; the same by a seed.

How often, how fast and how far are captured statistics (`idle_statistics`), by the emotion that the face shows: fear
darts and hardly blinks, anger holds the gaze, sadness blinks much. What was not captured is written here.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from ..arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS, arkit_indices
from ..curves import smoothstep
from .breath import breath_phase, inhaling
from .head import Shown, at_the_ends, speaking_head, sway_curve
from .idle_statistics import (
    PARTS,
    SLOW_SECONDS,
    BlinkStatistics,
    GazeStatistics,
    captured_statistics,
    sides_of,
    weighted_mean,
)
from .live_link import FULL_LOOK_RADIANS
from .noise import steady_noise

Weights = Mapping[str, Float[np.ndarray, "frame"]]  # how much each captured emotion has a say
# Emotions that were not captured idle as one that was.
CAPTURED_AS = {"fear": "fear", "angry": "angry", "disgust": "angry", "contempt": "angry", "sad": "sad"}
# The person of the captured takes blinks 23.6 times a minute, people do 17 times (Bentivoglio et al. 1997).
BLINK_SHARE = 17.0 / 23.6
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds between two blinks
FIRST_BLINK_SECONDS = 0.6  # a portrait's eyes are seen open first
MOST_REGULARITY = 0.7  # a captured burst of blinks reads as a tic in a few seconds
# The neutral take looks into its telephone all the time, and the heads of all takes were removed: eyes that answer a
# moving head go further. A speaker looks at the viewer, with small glances aside.
LEAST_SACCADES_A_MINUTE, LEAST_SACCADE_DEGREES, LEAST_DEVIATION_DEGREES = 20.0, 1.6, 1.2
GAZE_SHARE = 0.6
LONGEST_GLANCE_DEGREES = 12.0
DRIFT_SECONDS = 0.6
FACE_SHARE = 0.8  # captured faces act more than a speaker's does beside words
MISREAD = {("angry", "mouthSmile")}  # a snarl that the telephone took for a smile
# Before the first word of a phrase the speaker breathes in (see breath.py): the chin rises, brows lift.
INHALING_RADIANS, INHALING_BROWS = -0.014, 0.05


def emotion_weights(shown: Shown, num_frames: int) -> Weights:
    """How much each captured emotion has a say in each frame; the weights of a frame sum to one."""
    weights = {name: np.zeros(num_frames) for name in captured_statistics()}
    if shown is not None:
        for column, emotion in enumerate(name for name in EMOTIONS if name != "neutral"):
            if emotion in CAPTURED_AS:
                weights[CAPTURED_AS[emotion]] += shown[:, column].double().cpu().numpy().clip(0, 1)
    felt = np.maximum(sum(weights.values()), 1.0)
    weights = {name: weight / felt for name, weight in weights.items()}
    weights["neutral"] = 1 - sum(weight for name, weight in weights.items() if name != "neutral")
    return weights


def blinks_at(weights: Weights, frame: int) -> BlinkStatistics:
    """The blinks by which a face lives in a frame."""
    names, shares = _shares(weights, frame)
    found = weighted_mean([captured_statistics()[name].blinks for name in names], shares)
    return replace(found, per_minute=BLINK_SHARE * found.per_minute)


def gaze_at(weights: Weights, frame: int) -> GazeStatistics:
    """The gaze by which a face lives in a frame, as far as it suits somebody who speaks to a viewer."""
    names, shares = _shares(weights, frame)
    found = weighted_mean([captured_statistics()[name].gaze for name in names], shares)
    return replace(
        found,
        saccades_a_minute=max(found.saccades_a_minute, LEAST_SACCADES_A_MINUTE),
        saccade_degrees=max(GAZE_SHARE * found.saccade_degrees, LEAST_SACCADE_DEGREES),
        yaw_deviation_degrees=max(GAZE_SHARE * found.yaw_deviation_degrees, LEAST_DEVIATION_DEGREES),
        pitch_deviation_degrees=max(GAZE_SHARE * found.pitch_deviation_degrees, 0.5 * LEAST_DEVIATION_DEGREES),
    )


def _shares(weights: Weights, frame: int) -> tuple[list[str], list[float]]:
    return list(weights), [float(weight[min(frame, len(weight) - 1)]) for weight in weights.values()]


def blink_curve(
    num_frames: int, fps: float, rng: np.random.Generator, shown: Shown = None
) -> Float[np.ndarray, "frame"]:
    """Lid closure (0 to 1) of spontaneous blinks; each closes in one frame or a few, and opens more slowly.

    No blink is under way in the last frame: the eyes end open.
    """
    weights = emotion_weights(shown, num_frames)
    curve = np.zeros(num_frames, np.float32)
    time = FIRST_BLINK_SECONDS + rng.uniform(0.0, 2.4)
    while time < num_frames / fps:
        blinks = blinks_at(weights, int(time * fps))
        closing, opening = (
            length * rng.uniform(0.85, 1.2) for length in (blinks.closing_seconds, blinks.opening_seconds)
        )
        closing, opening = max(closing, 0.06), max(opening, 0.1)
        peak = round((time + closing) * fps) / fps  # in a frame, so that it is seen at any rate
        height = np.clip(1 + blinks.height_deviation / blinks.height * rng.normal(), 0.55, 1.0)
        if peak + opening < (num_frames - 1) / fps:
            near = slice(max(0, math.floor((peak - closing) * fps)), math.ceil((peak + opening) * fps) + 1)
            after = np.arange(near.start, min(near.stop, num_frames)) / fps - peak
            exponent = math.log(0.5) / math.log(1 - np.clip(blinks.half_open, 0.2, 0.6))
            opened = (1 - (after / opening).clip(0, 1)) ** exponent
            lid = height * np.where(after <= 1e-9, smoothstep(1 + after / closing), opened)
            curve[near] = np.maximum(curve[near], lid)
        mean = 60 / blinks.per_minute - closing - opening - SHORTEST_PAUSE
        shape = 1 / min(blinks.regularity, MOST_REGULARITY) ** 2
        pause = SHORTEST_PAUSE + rng.gamma(shape, max(mean, 0.2) / shape)
        time = peak + opening + min(pause, LONGEST_PAUSE)
    return curve.astype(np.float32)


def gaze_curve(
    num_frames: int, fps: float, rng: np.random.Generator, shown: Shown = None
) -> Float[np.ndarray, "frame 2"]:
    """Where the eyes wander, in radians sideways and up: fixations that drift, and saccades between them.

    The last saccade leads to where the first fixation was, so that the curve can begin again.
    """
    weights = emotion_weights(shown, num_frames)
    jumps: list[tuple[float, Float[np.ndarray, "2"]]] = []
    position, time = np.zeros(2), rng.uniform(0.4, 2.0)
    while time < num_frames / fps - 0.3:
        gaze = gaze_at(weights, int(time * fps))
        length = min(gaze.saccade_degrees * math.exp(gaze.saccade_spread * rng.normal()), LONGEST_GLANCE_DEGREES)
        sideways = np.clip(gaze.sideways_share + 0.2 * rng.normal(), 0, 1)
        reach = np.array([gaze.yaw_deviation_degrees, gaze.pitch_deviation_degrees])
        back = np.where(rng.random(2) < 0.5 + 0.5 * np.tanh(position / reach), -1.0, 1.0)
        step = length * back * np.array([sideways, math.sqrt(1 - sideways**2)])
        wanted = (position + step).clip(-2.5 * reach, 2.5 * reach)
        jumps.append((time, wanted - position))
        position = wanted
        shape = 1 / max(gaze.regularity, 0.3) ** 2
        time += 0.15 + rng.gamma(shape, max(60 / gaze.saccades_a_minute - 0.15, 0.1) / shape)
    moved = np.zeros((num_frames + 1, 2))  # from one frame to the next
    for start, jump in [*jumps, (max(num_frames / fps - 0.25, 0.0), -position)]:
        lasting = 0.021 + 0.0022 * np.linalg.norm(jump)  # Carpenter, "Movements of the Eyes", 1988
        first, last = math.floor(start * fps), min(math.ceil((start + lasting) * fps), num_frames)
        done = smoothstep((np.arange(first, last + 1) / fps - start) / lasting)
        moved[first : last + 1] += np.diff(done, prepend=0.0)[:, None] * jump
    where = moved.cumsum(axis=0)[:num_frames]
    drift = np.array([gaze_at(weights, frame).drift_degrees_a_second for frame in range(0, num_frames, 25)])
    size = np.repeat(drift, 25)[:num_frames, None] * DRIFT_SECONDS / (2 * math.pi)
    return np.radians(where + size * steady_noise(num_frames, fps, DRIFT_SECONDS, 2, rng))


def part_curves(
    num_frames: int, fps: float, rng: np.random.Generator, shown: Shown = None
) -> Float[np.ndarray, "frame expression"]:
    """What brows, lids, cheeks and corners of the mouth add by themselves, slowly and as a tremor; no unit."""
    weights, table = emotion_weights(shown, num_frames), captured_statistics()
    moved = np.zeros((num_frames, NUM_EXPRESSIONS))
    for emotion, statistics in table.items():
        share = FACE_SHARE * weights[emotion][:, None]
        if not share.any():
            continue
        values, vectors = np.linalg.eigh(np.array(statistics.together))
        mix = vectors * np.sqrt(values.clip(0))
        memories = [statistics.parts[name].seconds for name in PARTS]
        common = steady_noise(num_frames, fps, float(np.median(memories)), len(PARTS), rng) @ mix.T
        for column, name in enumerate(PARTS):
            if (emotion, name) in MISREAD:
                continue
            part, sides = statistics.parts[name], sides_of(name)
            alike = np.clip(part.sides, 0, 1)
            apart = steady_noise(num_frames, fps, part.seconds, len(sides), rng)
            slow = part.slow * (math.sqrt(alike) * common[:, column, None] + math.sqrt(1 - alike) * apart)
            shake = rng.normal(size=(num_frames, len(sides)))
            shake = shake - gaussian_filter1d(shake, SLOW_SECONDS * fps, axis=0, mode="wrap")
            moved[:, sides] += share * (slow + part.tremor * shake)
    return moved


def add_life(
    expression: Float[Tensor, "frame expression"],
    head: Float[Tensor, "frame 3"],
    fps: float,
    seed: int,
    blinks: float = 1.0,
    gaze: float = 1.0,
    sway: float = 1.0,
    face: float = 1.0,
    shown: Shown = None,
    speaking: Float[Tensor, "frame"] | None = None,
    loops: bool = False,
) -> tuple[Float[Tensor, "frame expression"], Float[Tensor, "frame 3"]]:
    """Expression and head (radians) with blinks, glances, a living face, breath and a swaying head added.

    An amount of 1 is natural, 0 switches the part off; more than 1 exaggerates all but blinks. `sway` scales the head's
    own motion, too. `shown` are the emotion states that the face shows, `speaking` is 1 in words, with which the head
    beats. The head starts in the portrait's pose, and comes to rest at the end; a clip that `loops` ends where it
    begins, and needs a still face.
    """
    rng = np.random.default_rng(seed)
    num_frames = len(expression)
    alive = expression.clone()
    lid = torch.from_numpy(blink_curve(num_frames, fps, rng, shown)) * min(blinks, 1.0)
    wander = torch.from_numpy(gaze_curve(num_frames, fps, rng, shown) / FULL_LOOK_RADIANS).float() * gaze
    alive += face * torch.from_numpy(part_curves(num_frames, fps, rng, shown)).float()
    breath = torch.zeros(num_frames) if speaking is None else torch.from_numpy(inhaling(speaking, fps)).float()
    alive[:, arkit_indices("browInnerUp", "browOuterUp")] += face * INHALING_BROWS * breath.unsqueeze(1)
    alive = alive.clamp(0, 1)
    for side, inward in (("Left", 1.0), ("Right", -1.0)):
        blink = ARKIT_INDEX["eyeBlink" + side]
        alive[:, blink] = alive[:, blink] + lid * (1 - alive[:, blink])
        for name in ("eyeWide", "eyeSquint"):
            alive[:, ARKIT_INDEX[name + side]] *= 1 - lid
        looks = {"In": inward * wander[:, 0], "Out": -inward * wander[:, 0], "Up": wander[:, 1], "Down": -wander[:, 1]}
        for direction, amount in looks.items():
            alive[:, ARKIT_INDEX[f"eyeLook{direction}{side}"]] += amount.clamp_min(0)
    nod = torch.from_numpy(sway_curve(num_frames, fps, rng, shown, breath_phase(seed))).float()
    if speaking is not None:
        head = torch.from_numpy(speaking_head(head, expression, speaking, fps, rng, shown)).float()
    nod[:, 1] += INHALING_RADIANS * breath
    if loops:
        moved = head + nod
        return alive.clamp(0, 1), sway * (moved - moved[:1])
    return alive.clamp(0, 1), sway * at_the_ends(num_frames, fps).unsqueeze(1) * (head + nod)
