"""How lips and sound of a talking video go together: closure at /p b m/, lag, aperture against loudness.

The same measures serve filmed and made videos: lips are seen in the pictures, sounds are heard in the sound track.
Filmed lips close to z of about −1.0, some 3 frames before the sound.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from ...emotion.audio_emotion import frames_from_tokens
from ...errors import FaceError
from ...face.landmarker import FaceLandmarker
from ...media.sound import read_audio
from ...media.video_reader import video_frames
from ...model import CEMNet
from ...motion.silence import CLOSING_SECONDS
from ...speech.mel import mono_16k, num_motion_frames
from ...speech.voice_activity import speaking
from ...speech.voice_features import voice_features
from ...training.corpora.phonemes import BILABIALS, PHONEMES
from ...types import MOTION_FPS, FaceLandmarks
from ..report.report import Table
from .liveliness import correlation

UPPER_LIP, LOWER_LIP, OUTER_EYES = 13, 14, (33, 263)  # inner edges of the lips, corners of the eyes: MediaPipe's
REACH_FRAMES = 8
HEARD_ABOVE = 0.5  # share of /p b m/ among the sounds, from which one is heard
FEWEST_SEEN_SHARE = 0.8
SILENCE = PHONEMES.index("SIL")


@dataclass(frozen=True)
class Sync:
    """How one video's lips go with its sound. Times in ms; negative ones are before the sound."""

    num_closures: float
    closing_z: float  # the least mean aperture around a /p b m/, in deviations from the mean of speech; NaN without one
    closing_ms: float  # when that is
    loudness: float  # correlation of aperture and loudness at the best lag
    lag_ms: float  # that lag: positive where the lips are later
    silent_share: float  # mean aperture in pauses, from 200 ms on, of the 95th percentile; NaN without pauses
    aperture: float  # the 95th percentile, in distances of the eyes


def seen_aperture(landmarker: FaceLandmarker, path: Path) -> Float[np.ndarray, "frame"]:
    """The gap between the inner lips in distances of the eyes, at MOTION_FPS; FaceError where the face is not seen."""
    faces = (landmarker.detect(picture, max_faces=1) for picture in video_frames(path, MOTION_FPS))
    return lip_gaps([found[0] if found else None for found in faces], path)


def lip_gaps(faces: Sequence[FaceLandmarks | None], path: Path) -> Float[np.ndarray, "frame"]:
    """As `seen_aperture`, for a video's faces; frames that show none are interpolated."""
    gaps = []
    for face in faces:
        if face is None:
            gaps.append(np.nan)
            continue
        points = face.points
        eyes = np.linalg.norm(points[OUTER_EYES[0], :2] - points[OUTER_EYES[1], :2])
        gaps.append(np.linalg.norm(points[UPPER_LIP, :2] - points[LOWER_LIP, :2]) / eyes)
    values = np.array(gaps)
    seen = np.isfinite(values)
    if seen.mean() < FEWEST_SEEN_SHARE:
        raise FaceError(f"{path} shows a face in only {seen.sum()} of {len(seen)} frames. Give a film of one face.")
    return np.interp(np.arange(len(values)), np.flatnonzero(seen), values[seen])


@torch.no_grad()
def heard_sounds(
    model: CEMNet, path: Path
) -> tuple[Float[np.ndarray, "frame"], Float[np.ndarray, "frame"], Float[np.ndarray, "frame"]]:
    """Of a video's sound: the share of /p b m/, the share of silence, and the loudness, at MOTION_FPS."""
    waveform = mono_16k(read_audio(path))
    num_frames = num_motion_frames(len(waveform))
    hidden = frames_from_tokens(model.speech_encoder.encode_long(waveform), num_frames).to(model.device)
    content = model.network.audio_emotion.content(hidden.unsqueeze(0))[0].cpu().numpy()
    closed = content[:, [PHONEMES.index(sound) for sound in sorted(BILABIALS)]].sum(axis=1)
    return closed, content[:, SILENCE], voice_features(waveform, num_frames)[:, 0].numpy()


def sync(
    aperture: Float[np.ndarray, "seen"],
    closed: Float[np.ndarray, "frame"],
    silence: Float[np.ndarray, "frame"],
    loudness: Float[np.ndarray, "frame"],
) -> Sync:
    """Scores curves at MOTION_FPS of one video; the shorter of picture and sound counts."""
    length = min(len(aperture), len(closed))
    aperture, closed, loudness = aperture[:length], closed[:length], loudness[:length]
    spoken = speaking(torch.from_numpy(silence[:length])).numpy() > 0.5
    if not spoken.any():
        spoken[:] = True
    z = (aperture - aperture[spoken].mean()) / max(float(aperture[spoken].std()), 1e-6)
    lags = range(-REACH_FRAMES, REACH_FRAMES + 1)
    onsets = np.flatnonzero((closed > HEARD_ABOVE) & ~np.concatenate([[False], closed[:-1] > HEARD_ABOVE]))
    around = [onset for onset in onsets if REACH_FRAMES <= onset < length - REACH_FRAMES]
    means = [float(np.mean(z[[onset + lag for onset in around]])) if around else float("nan") for lag in lags]
    least = int(np.argmin(means)) if around else 0
    fits = [
        correlation(aperture[max(lag, 0) : length + min(lag, 0)], loudness[max(-lag, 0) : length - max(lag, 0)])
        for lag in lags
    ]
    best = int(np.argmax(np.nan_to_num(fits, nan=-1.0)))
    settled = _settled(~spoken, round((CLOSING_SECONDS + 0.02) * MOTION_FPS))
    largest = float(np.percentile(aperture, 95))
    frame = 1000 / MOTION_FPS
    return Sync(
        num_closures=len(around),
        closing_z=means[least],
        closing_ms=frame * lags[least] if around else float("nan"),
        loudness=fits[best],
        lag_ms=frame * lags[best],
        silent_share=float(aperture[settled].mean() / max(largest, 1e-6)) if settled.any() else float("nan"),
        aperture=largest,
    )


def _settled(silent: np.ndarray, frames: int) -> np.ndarray:
    """Silent frames that have so many silent ones before them, and three after: lips part just before a word."""
    settled = silent.copy()
    for shift in range(1, frames + 1):
        settled[shift:] &= silent[:-shift]
    for shift in range(1, 4):
        settled[:-shift] &= silent[shift:]
    return settled


def sync_table(scored: Sequence[tuple[str, Sync]]) -> Table:
    """A row for each video, and the mean where there are several."""
    rows = [(name, *_cells(one)) for name, one in scored]
    if len(scored) > 1:
        columns = zip(*(astuple(one) for _, one in scored), strict=True)
        rows.append(("mean", *_cells(Sync(*(_mean(column) for column in columns)))))
    header = (
        "video", "/p b m/", "z at closure", "when, ms", "r with loudness", "lag, ms", "pauses, %", "95th percentile",
    )  # fmt: skip
    note = "Times: negative is before the sound. Pauses: from 200 ms on, of the clip's 95th percentile."
    return Table("Lips and sound", header, rows, note)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _cells(one: Sync) -> tuple[str, ...]:
    return (
        f"{one.num_closures:g}", f"{one.closing_z:.2f}", f"{one.closing_ms:+.0f}", f"{one.loudness:.2f}",
        f"{one.lag_ms:+.0f}", f"{100 * one.silent_share:.1f}", f"{one.aperture:.3f}",
    )  # fmt: skip
