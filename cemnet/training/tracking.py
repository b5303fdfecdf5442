"""Filmed faces to curves: every frame's landmarks, read by the face basis."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter1d

from ..errors import FaceError, MediaError
from ..face import FaceLandmarker
from ..face_basis import FaceBasis
from ..types import MOTION_FPS

LARGEST_MISSING_SHARE = 0.2


def video_frames(path: Path, fps: float = MOTION_FPS) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """The film's pictures at a steady rate: at each time the last one that has begun; MediaError if it is damaged."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            period = 1 / float(stream.average_rate or fps)
            count, start, now, shown = 0, None, 0.0, None
            for frame in container.decode(stream):
                start = frame.time if start is None else start
                now = frame.time - start
                while shown is not None and count / fps < now - 1e-6:
                    yield shown
                    count += 1
                shown = frame.to_ndarray(format="rgb24")
            while shown is not None and count / fps < now + period - 1e-6:
                yield shown
                count += 1
    except (FFmpegError, IndexError, TypeError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error


def track_film(
    path: Path, landmarker: FaceLandmarker, basis: FaceBasis
) -> tuple[Float[np.ndarray, "frame expression"], Float[np.ndarray, "frame 3"]]:
    """Expression, and head yaw, pitch and roll relative to their median, at MOTION_FPS, a little smoothed.

    FaceError where more than a fifth of the frames shows no face; single gaps are bridged.
    """
    expressions, angles, seen, count = [], [], [], 0
    for count, image in enumerate(video_frames(path), start=1):
        faces = landmarker.detect(image, max_faces=1)
        if faces:
            fit = basis.fit(faces[0])
            expressions.append(fit.expression)
            angles.append(fit.pose.angles)
            seen.append(count - 1)
    if not seen or len(seen) < (1 - LARGEST_MISSING_SHARE) * count:
        raise FaceError(f"{path} shows a face in only {len(seen)} of {count} frames.")
    frames = np.arange(count)
    bridge = lambda values: np.stack([np.interp(frames, seen, channel) for channel in np.array(values).T], 1)  # noqa: E731
    expression = gaussian_filter1d(bridge(expressions), 0.6, axis=0, mode="nearest").clip(0, 1)
    head = gaussian_filter1d(bridge(np.unwrap(angles, axis=0)), 1.0, axis=0, mode="nearest")
    return expression, head - np.median(head, axis=0)
