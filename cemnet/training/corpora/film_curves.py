"""Curves of filmed faces: the face basis is fitted to the landmarks of every frame."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from ...curves import interpolate_curves
from ...errors import FaceError
from ...face.basis import FaceBasis, FaceFit
from ...face.landmarker import FaceLandmarker
from ...media.video_reader import video_frames
from ...types import MOTION_FPS

LARGEST_MISSING_SHARE = 0.2
TRUSTED_MISFIT, WORST_MISFIT = 0.1, 0.2  # centimetres; 48 frames of MEAD have 0.06 to 0.097


@dataclass(frozen=True)
class FilmCurves:
    """A filmed face at MOTION_FPS."""

    expression: Float[np.ndarray, "frame expression"]  # 0 to 1
    head: Float[np.ndarray, "frame 3"]  # yaw, pitch and roll in radians, relative to their median where level
    confidence: Float[np.ndarray, "frame"]  # 0 where no face was seen, 1 where the basis fits it well


def track_film(path: Path, landmarker: FaceLandmarker, basis: FaceBasis, level: bool = True) -> FilmCurves:
    """The curves of a film's face, smoothed; frames without a face are interpolated, with a confidence of 0.

    Without `level` the head is as the camera sees it. FaceError if more than a fifth of the frames shows no face.
    """
    expressions, angles, trusts, seen, count = [], [], [], [], 0
    for count, image in enumerate(video_frames(path, MOTION_FPS), start=1):
        faces = landmarker.detect(image, max_faces=1)
        if faces:
            fit = basis.fit(faces[0])
            expressions.append(fit.expression)
            angles.append(fit.pose.angles)
            trusts.append(fit_confidence(fit))
            seen.append(count - 1)
    if not seen or len(seen) < (1 - LARGEST_MISSING_SHARE) * count:
        raise FaceError(f"{path} shows a face in only {len(seen)} of {count} frames.")
    frames = np.arange(count)
    expression = gaussian_filter1d(
        interpolate_curves(frames, seen, np.array(expressions)), 0.6, axis=0, mode="nearest"
    ).clip(0, 1)
    head = gaussian_filter1d(interpolate_curves(frames, seen, np.unwrap(angles, axis=0)), 1.0, axis=0, mode="nearest")
    confidence = np.zeros(count)
    confidence[seen] = trusts
    return FilmCurves(expression, head - np.median(head, axis=0) if level else head, confidence)


def fit_confidence(fit: FaceFit) -> float:
    """1 where landmarks lie within TRUSTED_MISFIT of the fitted face (root mean square), 0 from WORST_MISFIT on."""
    misfit = float(np.sqrt((fit.residual[:, :2] ** 2).sum(axis=1).mean())) / fit.pose.scale
    return float(np.clip((WORST_MISFIT - misfit) / (WORST_MISFIT - TRUSTED_MISFIT), 0, 1))
