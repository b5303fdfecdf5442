"""How heads turn while people speak, filmed and ours, by emotion."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ...arkit import EMOTIONS
from ...model import CEMNet
from ...training.corpora.film_curves import track_film
from ...types import MOTION_FPS, Speech
from ..picture.filmed_portraits import shown_emotion
from ..report.report import Table
from .liveliness import correlation, live_as, perform_as, stress

Head = Float[np.ndarray, "frame 3"]  # yaw, pitch and roll in radians at MOTION_FPS


def filmed_heads(model: CEMNet, films: Iterable[Path]) -> dict[str, list[Head]]:
    """The tracked heads of films by emotion, each against its median; FaceError where no face is seen."""
    heads: dict[str, list[Head]] = {}
    for path in films:
        head = track_film(path, model.landmarker, model.basis).head
        heads.setdefault(shown_emotion(path)[1], []).append(head)
    return heads


def performed_heads(model: CEMNet, speeches: Sequence[Speech], seeds: Sequence[int]) -> dict[str, list[Head]]:
    """Our heads in every emotion for the same voices."""
    return {
        emotion: [live_as(model, speech, emotion, seed)[2].numpy() for speech in speeches for seed in seeds]
        for emotion in EMOTIONS
    }


def head_numbers(heads: Sequence[Head]) -> tuple[float, ...]:
    """Deviation of yaw, pitch and roll, 95th percentile of speed, mean pitch, mean speed in the last half second.

    Degrees, and degrees a second; means over the heads.
    """
    rows = []
    for head in heads:
        degrees = np.degrees(head)
        speed = np.linalg.norm(np.diff(degrees, axis=0), axis=1) * MOTION_FPS
        end = np.linalg.norm(np.diff(degrees[-round(MOTION_FPS / 2) :], axis=0), axis=1) * MOTION_FPS
        rows.append((*degrees.std(axis=0), np.percentile(speed, 95), degrees[:, 1].mean(), end.mean()))
    return tuple(np.mean(rows, axis=0).tolist())


def heads_table(filmed: Mapping[str, Sequence[Head]], ours: Mapping[str, Sequence[Head]]) -> Table:
    """Filmed and our numbers beside each other, a row for each emotion."""
    rows = []
    for emotion, heads in ours.items():
        mine = head_numbers(heads)
        theirs = head_numbers(filmed[emotion]) if emotion in filmed else None
        cells = [f"{'–' if theirs is None else f'{theirs[i]:.1f}'} / {mine[i]:.1f}" for i in range(len(mine))]
        rows.append((emotion, *cells))
    header = ("filmed / ours", "yaw", "pitch", "roll", "speed", "mean pitch", "speed at the end")
    note = "Degrees and degrees a second. A film's mean pitch is near 0, as its median is taken for level."
    return Table("Heads of speakers", header, rows, note)


def stress_table(model: CEMNet, speeches: Sequence[Speech]) -> Table:
    """Correlation of the nod (chin down, faster than a phrase) with the stress of the voice, by emotion."""
    rows = []
    for emotion in EMOTIONS:
        nods = [_quick(perform_as(model, speech, emotion)[1].numpy()[:, 1]) for speech in speeches]
        found = [correlation(nod, _quick(stress(speech))) for nod, speech in zip(nods, speeches, strict=True)]
        rows.append((emotion, f"{np.nanmean(found):.2f}"))
    return Table("Nods with stress", ("emotion", "correlation"), rows)


def _quick(curve: Float[np.ndarray, "frame"]) -> Float[np.ndarray, "frame"]:
    """What is faster than about a second."""
    width = 12
    padded = np.pad(curve, width, mode="edge")
    return curve - np.convolve(padded, np.ones(2 * width + 1) / (2 * width + 1), mode="valid")
