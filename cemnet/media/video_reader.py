"""Reads films: their frame rate, and their pictures one by one."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from jaxtyping import UInt8

from ..errors import MediaError
from ..types import MOTION_FPS
from .containers import media_name

MOST_FPS = 120.0
FILM_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".gif")


def video_fps(path: Path | str) -> float:
    """The mean frames a second of a film; MOTION_FPS where that is unknown or outside 1 to MOST_FPS.

    MediaError where the file is missing, unreadable, or has no pictures.
    """
    path = Path(path)
    if not path.is_file():
        raise MediaError(f"There is no video at {path}. Check the path.")
    try:
        with av.open(media_name(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path} has no pictures. Give a video.")
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
    except (FFmpegError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path} cannot be read as a video ({error}). Export it again, for example as MP4.") from error
    return float(rate) if rate and 1 <= rate <= MOST_FPS else MOTION_FPS


def video_frames(
    path: Path | str, fps: float, size: tuple[int, int] | None = None
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yields the upright pictures (0 to 255) of a film at a steady rate: at each time the latest one.

    `size`, width and height in pixels, resizes them with Lanczos' filter. MediaError where the film is damaged.
    """
    try:
        with av.open(media_name(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            period = 1 / float(stream.average_rate or fps)
            count, start, now, shown = 0, None, 0.0, None
            for frame in container.decode(stream):
                start = frame.time if start is None else start
                now = frame.time - start
                while shown is not None and count / fps < now - 1e-6:
                    yield shown
                    count += 1
                shown = _upright_frame(frame, size)
            while shown is not None and count / fps < now + period - 1e-6:
                yield shown
                count += 1
    except (FFmpegError, IndexError, TypeError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error


def some_frames(path: Path | str, fps: float, most: int) -> list[UInt8[np.ndarray, "height width 3"]]:
    """At most so many pictures (0 to 255) of a film, `fps` a second or fewer, evenly spread over it.

    A long film costs no more memory than a short one. MediaError where the film cannot be read.
    """
    kept, stride = [], 1
    for index, frame in enumerate(video_frames(path, fps)):
        if index % stride == 0:
            kept.append(frame)
        if len(kept) > most:
            kept, stride = kept[::2], 2 * stride
    return kept


def _upright_frame(frame: av.VideoFrame, size: tuple[int, int] | None) -> UInt8[np.ndarray, "height width 3"]:
    pixels = frame.to_ndarray(format="rgb24")
    if frame.rotation:
        pixels = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
    if size is not None and pixels.shape[1::-1] != size:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4)
    return pixels
