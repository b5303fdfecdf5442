"""Measures of the lips: closed at /p b m/ and at rest in silence, whatever the emotion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ...arkit import EMOTIONS, Emotion
from ...motion.lip_aperture import visible_aperture
from ...training.corpora.clips import Clip
from ...training.corpora.phonemes import BILABIALS, SILENCE
from ...types import MOTION_FPS
from ..report.report import Table

CLOSED_SHARE = 0.15  # of the clip's 95th percentile
SETTLING_FRAMES = 5  # 200 ms in which lips may come to rest
PARTING_FRAMES = 3  # lips part just before they speak

Perform = Callable[[Clip, Emotion], Float[np.ndarray, "frame expression"]]


@dataclass(frozen=True)
class Apertures:
    """Opening of the lips as shares of the clip's 95th percentile."""

    closures: Float[np.ndarray, "closure"]  # the least of each /p b m/
    elsewhere: Float[np.ndarray, "frame"]  # in other speech
    resting: Float[np.ndarray, "silent"]  # in silence, from 200 ms on


def bilabial_frames(clip: Clip) -> list[slice]:
    """For each /p b m/ the frames in which the lips have to meet at least once."""
    spans = [span for span in clip.phonemes if span.phoneme in BILABIALS]
    return [slice(int(s.start_seconds * MOTION_FPS), int(np.ceil(s.end_seconds * MOTION_FPS)) + 1) for s in spans]


def clip_apertures(clip: Clip, expression: Float[np.ndarray, "frame expression"]) -> Apertures:
    """Sorts the aperture of a performance by what is said in each frame."""
    aperture = visible_aperture(expression)
    aperture = aperture / max(float(np.percentile(aperture, 95)), 1e-3)
    closures = [float(aperture[frames].min()) for frames in bilabial_frames(clip) if len(aperture[frames])]
    elsewhere, resting = [], []
    for span in clip.phonemes:
        start, end = round(span.start_seconds * MOTION_FPS), round(span.end_seconds * MOTION_FPS)
        if span.phoneme == SILENCE:
            resting += aperture[start + SETTLING_FRAMES : max(start + SETTLING_FRAMES, end - PARTING_FRAMES)].tolist()
        elif span.phoneme not in BILABIALS:
            elsewhere += aperture[start:end].tolist()
    return Apertures(np.array(closures), np.array(elsewhere), np.array(resting))


def lips_table(clips: Sequence[Clip], perform: Perform) -> Table:
    """The same words in every emotion; `perform` gives the curves of a clip's words."""
    rows = []
    for emotion in EMOTIONS:
        measured = [clip_apertures(clip, perform(clip, emotion)) for clip in clips]
        closures, elsewhere, resting = (
            np.concatenate([getattr(apertures, part) for apertures in measured])
            for part in ("closures", "elsewhere", "resting")
        )
        closed = (closures <= CLOSED_SHARE).mean()
        shares = (closures.mean(), elsewhere.mean(), closed, resting.mean())
        rows.append((emotion, *(f"{100 * share:.1f}" for share in shares)))
    note = f"{len(clips)} clips; aperture as a share of the clip's 95th percentile, in %. Silence: from 200 ms on."
    header = ("emotion", "at /p b m/", "elsewhere", f"closures <= {100 * CLOSED_SHARE:.0f} %", "silence")
    return Table("Lips", header, rows, note)
