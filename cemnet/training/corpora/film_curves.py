"""Curves of filmed faces: the face basis is fitted to the landmarks of every frame."""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from ...curves import interpolate_curves
from ...errors import FaceError
from ...face.basis import FaceBasis
from ...face.landmarker import FaceLandmarker
from ...media.video_reader import video_frames
from ...types import MOTION_FPS

LARGEST_MISSING_SHARE = 0.2


def track_film(
    path: Path, landmarker: FaceLandmarker, basis: FaceBasis, level: bool = True
) -> tuple[Float[np.ndarray, "frame expression"], Float[np.ndarray, "frame 3"]]:
    """Expression (0 to 1) and head yaw, pitch and roll (radians), at MOTION_FPS, smoothed.

    The head is `level`, against its median over the film, or else as the camera sees it. Frames without a face are
    interpolated. FaceError if more than a fifth of the frames shows none.
    """
    expressions, angles, seen, count = [], [], [], 0
    for count, image in enumerate(video_frames(path, MOTION_FPS), start=1):
        faces = landmarker.detect(image, max_faces=1)
        if faces:
            fit = basis.fit(faces[0])
            expressions.append(fit.expression)
            angles.append(fit.pose.angles)
            seen.append(count - 1)
    if not seen or len(seen) < (1 - LARGEST_MISSING_SHARE) * count:
        raise FaceError(f"{path} shows a face in only {len(seen)} of {count} frames.")
    frames = np.arange(count)
    expression = gaussian_filter1d(
        interpolate_curves(frames, seen, np.array(expressions)), 0.6, axis=0, mode="nearest"
    ).clip(0, 1)
    head = gaussian_filter1d(interpolate_curves(frames, seen, np.unwrap(angles, axis=0)), 1.0, axis=0, mode="nearest")
    return expression, head - np.median(head, axis=0) if level else head
