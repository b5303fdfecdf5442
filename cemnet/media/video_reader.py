"""Reads films: their frame rate, and their pictures one by one."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from jaxtyping import UInt8

from ..errors import MediaError
from ..performance_settings import FASTEST_FPS
from ..types import MOTION_FPS
from .containers import beginning, frame_rate, media_name, picture_track, sound_track
from .dynamic_range import StandardRange

MOST_FPS = int(FASTEST_FPS)
ROUNDED_FRAMES = 0.25  # how much earlier than its time a picture may come: files round times, some to a millisecond
MOST_ASPECT = 4  # of a pixel: what is longer is damage, not an anamorphic film
FILM_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".gif")


def video_fps(path: Path | str) -> float:
    """The frames a second of a film, with the whole precision of a float.

    A faster one than MOST_FPS counts as a whole share of its rate; MOTION_FPS where the rate is unknown or below 1.
    MediaError where the file is missing, unreadable, or has no pictures.
    """
    path = Path(path)
    if not path.is_file():
        raise MediaError(f"There is no video at {path}. Check the path.")
    try:
        with av.open(media_name(path)) as container:
            stream = picture_track(container)
            if stream is None:
                raise MediaError(f"{path} has no pictures. Give a video.")
            rate = frame_rate(stream)
    except (FFmpegError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path} cannot be read as a video ({error}). Export it again, for example as MP4.") from error
    if rate is None or rate < 1:
        return MOTION_FPS
    return float(rate / ceil(rate / MOST_FPS))


def video_frames(
    path: Path | str, fps: float, size: tuple[int, int] | None = None
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yields the upright pictures (0 to 255) of a film at a steady rate: at each time the latest one.

    Their pixels are square. The film begins with its pictures, or with sound that begins well before them; the first
    picture is held until then. At the film's own rate it has as many pictures as its file. `size`, width and height in
    pixels, resizes them with Lanczos' filter. MediaError where the film is damaged.
    """
    try:
        with av.open(media_name(path)) as container:
            stream = picture_track(container)
            if stream is None:
                raise MediaError(f"{path} has no pictures. Give a video.")
            stream.thread_type = "AUTO"
            colours = StandardRange()
            period = float(1 / (frame_rate(stream) or fps))
            sound = sound_track(container, Path(path)) if container.streams.audio else None
            count, start, now, shown = 0, beginning(stream, sound), 0.0, None
            for frame in container.decode(stream):
                now = max(now, (frame.time or 0.0) - start) if frame.time is not None else now + period
                while shown is not None and (count + ROUNDED_FRAMES) / fps < now:
                    yield shown
                    count += 1
                shown = _upright_frame(frame, colours, stream.sample_aspect_ratio, size)
            while shown is not None and (count == 0 or count < round((now + period) * fps)):
                yield shown
                count += 1
    except (FFmpegError, IndexError, TypeError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error


def expected_frames(path: Path | str, fps: float) -> int:
    """About how many pictures a film has at a frame rate, by the length that its file names; 0 where it names none."""
    try:
        with av.open(media_name(path)) as container:
            return round((container.duration or 0) / av.time_base * fps)
    except FFmpegError as error:
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


def _upright_frame(
    frame: av.VideoFrame, colours: StandardRange, aspect: Fraction | None, size: tuple[int, int] | None
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture as it is shown. `aspect` is the width of its pixels over their height; None and 0 are square ones."""
    pixels = colours.rgb_pixels(frame)
    square = _square_size(frame.width, frame.height, aspect)
    if square != (frame.width, frame.height) and size is None:
        pixels = cv2.resize(pixels, square, interpolation=cv2.INTER_LANCZOS4)
    if frame.rotation:
        pixels = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
    if size is not None and pixels.shape[1::-1] != size:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4)
    return pixels


def _square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of a picture with square pixels: the longer side of a pixel decides, so that nothing is lost."""
    if not aspect or not 1 / MOST_ASPECT <= aspect <= MOST_ASPECT:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
