"""Idle life beside captured faces: the same statistics of both, as tables and as bars."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image

from ...arkit import ARKIT_NAMES, EMOTIONS, NUM_EXPRESSIONS
from ...motion.idle import add_life
from ...motion.idle_statistics import PARTS, IdleStatistics, idle_statistics
from ...types import Motion
from ..report.figures import to_image
from ..report.report import Picture, Table

FPS = 60.0  # that of the captured takes: quick movements are measured alike
RESTING_LEVEL = 0.3  # of blendshapes that move both ways about it; eyes rest open
SHOWN = [emotion for emotion in EMOTIONS if emotion != "neutral"]
# What is compared: a name, the group and the field.
COMPARED = (
    ("blinks a minute", "blinks", "per_minute"),
    ("blink closes, s", "blinks", "closing_seconds"),
    ("blink opens, s", "blinks", "opening_seconds"),
    ("saccades a minute", "gaze", "saccades_a_minute"),
    ("saccade, degrees", "gaze", "saccade_degrees"),
    ("sideways share", "gaze", "sideways_share"),
    ("gaze sideways, deviation, degrees", "gaze", "yaw_deviation_degrees"),
    ("gaze in height, deviation, degrees", "gaze", "pitch_deviation_degrees"),
    ("drift, degrees a second", "gaze", "drift_degrees_a_second"),
)


def idle_face(emotion: str, seconds: float, seed: int) -> Motion:
    """A face in full emotion that idles, around curves that can move both ways."""
    num_frames = round(seconds * FPS)
    level = [0.0 if name.startswith(("eyeBlink", "eyeLook")) else RESTING_LEVEL for name in ARKIT_NAMES]
    shown = torch.zeros(num_frames, len(SHOWN))
    if emotion in SHOWN:
        shown[:, SHOWN.index(emotion)] = 1.0
    face = torch.tensor(level).expand(num_frames, NUM_EXPRESSIONS)
    return Motion(*add_life(face, torch.zeros(num_frames, 3), FPS, seed, shown=shown), FPS)


def measured_idle(emotions: Sequence[str], seconds: float, seeds: int) -> dict[str, IdleStatistics]:
    """Our statistics by emotion, over several takes."""
    return {
        emotion: idle_statistics([idle_face(emotion, seconds, seed) for seed in range(seeds)]) for emotion in emotions
    }


def idle_tables(captured: Mapping[str, IdleStatistics], ours: Mapping[str, IdleStatistics]) -> list[Table]:
    """Captured and our numbers, a column for each emotion."""

    def row(name: str, value: Callable[[IdleStatistics], float], digits: int) -> tuple[str, ...]:
        return name, *(f"{value(captured[e]):.{digits}f} / {value(ours[e]):.{digits}f}" for e in captured)

    header = ("captured / ours", *captured)
    events = [row(name, read(group, key), 2) for name, group, key in COMPARED]
    parts = [
        row(f"{name}, {key}", lambda s, n=name, k=key: getattr(s.parts[n], k), 3)
        for name in PARTS
        for key in ("slow", "sides", "tremor")
    ]
    return [
        Table("Blinks and gaze", header, events),
        Table("Brows, lids and mouth between blinks", header, parts, "Deviations, and the correlation of the sides."),
    ]


def read(group: str, key: str) -> Callable[[IdleStatistics], float]:
    """Reads one number of a group: blinks or gaze."""
    return lambda statistics: getattr(getattr(statistics, group), key)


def idle_figure(captured: Mapping[str, IdleStatistics], ours: Mapping[str, IdleStatistics]) -> Picture:
    """A panel for each statistic with a pair of bars for each emotion."""
    emotions, places = list(captured), np.arange(len(captured))
    series = [(name, read(group, key)) for name, group, key in COMPARED]
    series += [(f"{name}, deviation", lambda s, n=name: s.parts[n].slow) for name in PARTS]
    across, lines = 5, -(-len(series) // 5)
    figure = Figure(figsize=(3.1 * across, 2.1 * lines), layout="constrained")
    panels = figure.subplots(lines, across, squeeze=False).ravel()
    for axes, (name, value) in zip(panels, series, strict=False):
        for shift, label, found in ((-0.2, "captured", captured), (0.2, "ours", ours)):
            axes.bar(places + shift, [value(found[emotion]) for emotion in emotions], 0.38, label=label)
        axes.set_xticks(places, emotions, fontsize=7)
        axes.set_title(name, fontsize=8, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[len(series) :]:
        axes.axis("off")
    panels[0].legend(fontsize=7, frameon=False)
    image: Image.Image = to_image(figure)
    return Picture("Idle life beside captured faces", image)
