"""Reads films: their frame rate, and their pictures one by one."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TypeVar

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from jaxtyping import UInt8

from ..errors import MediaError
from ..performance_settings import FASTEST_FPS, SLOWEST_FPS
from ..types import MOTION_FPS
from .containers import (
    LONGEST_GAP_SECONDS,
    beginning,
    exact_rate,
    frame_rate,
    media_name,
    picture_track,
    sound_track,
    start_of,
)
from .dynamic_range import StandardRange, warn_of_untold_range
from .edit_list import edited_frames, parts_of
from .picture_files import animation, animation_rate, is_animated

Shown = TypeVar("Shown")
MOST_FPS = int(FASTEST_FPS)
ROUNDED_FRAMES = 0.25  # how much earlier than its time a picture may come: files round times, some to a millisecond
MOST_ASPECT = 4  # of a pixel: what is longer is damage, not an anamorphic film
FILM_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".gif")
ALPHA_DECODERS = {"vp9": "libvpx-vp9", "vp8": "libvpx"}  # FFmpeg's own pass alpha over


def video_fps(path: Path | str) -> float:
    """The frames a second of a film, with the whole precision of a float.

    A faster one than MOST_FPS counts as a whole share of its rate; MOTION_FPS where the rate is unknown or below 1.
    MediaError where the file is missing, unreadable, or has no pictures.
    """
    path = Path(path)
    if not path.is_file():
        raise MediaError(f"There is no video at {path}. Check the path.")
    if is_animated(path):
        rate = exact_rate(animation_rate(path))
        return max(SLOWEST_FPS, float(rate / ceil(rate / MOST_FPS)))
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
    path: Path | str, fps: float, size: tuple[int, int] | None = None, alpha: bool = False
) -> Iterator[UInt8[np.ndarray, "height width channel"]]:
    """Yields the upright pictures (0 to 255) of a film at a steady rate: at each time the latest one.

    Their pixels are square. The film begins with its pictures, or with sound that begins well before them; the first
    picture is held until then. At the film's own rate it has as many pictures as its file. `size`, width and height in
    pixels, resizes them with Lanczos' filter. They have 3 channels, or with `alpha` 4 where the film has them.
    MediaError where the film is damaged.
    """
    yield from at_steady_rate(timed_pictures(Path(path), fps, size, alpha), fps)


def at_steady_rate(timed: Iterable[tuple[float, float, Shown]], fps: float) -> Iterator[Shown]:
    """At each time the latest picture; `timed` has the seconds at which each begins and ends, and the picture."""
    count, until, shown = 0, 0.0, None
    for begin, end, picture in timed:
        while shown is not None and (count + ROUNDED_FRAMES) / fps < begin:
            yield shown
            count += 1
        until, shown = end, picture
    while shown is not None and (count == 0 or count < round(until * fps)):
        yield shown
        count += 1


def timed_pictures(
    path: Path, fps: float, size: tuple[int, int] | None, alpha: bool
) -> Iterator[tuple[float, float, UInt8[np.ndarray, "height width channel"]]]:
    """The pictures of a film as `video_frames` has them, each with the seconds at which it begins and ends."""
    if is_animated(path):
        now = 0.0
        for seconds, picture in animation(path):
            yield now, now + seconds, _resized(picture if alpha else np.ascontiguousarray(picture[..., :3]), size)
            now += seconds
        return
    colours = StandardRange(alpha)
    for begin, end, frame, aspect in decoded_frames(path, fps):
        yield begin, end, upright(colours.pixels(frame), frame, aspect, size)


def decoded_frames(path: Path, fps: float) -> Iterator[tuple[float, float, av.VideoFrame, Fraction | None]]:
    """The pictures of a film as FFmpeg decodes them: the seconds of begin and end, the frame, the aspect of its pixels.

    `fps` is the rate of a film that tells none. MediaError where the film is damaged.
    """
    try:
        with av.open(media_name(path)) as container:
            stream = picture_track(container)
            if stream is None:
                raise MediaError(f"{path} has no pictures. Give a video.")
            stream.thread_type = "AUTO"
            warn_of_untold_range(stream)
            period = float(1 / (frame_rate(stream) or fps))
            sound = sound_track(container, path) if container.streams.audio else None
            start, now = beginning(stream, sound), 0.0
            aspect, parts = stream.sample_aspect_ratio, parts_of(container, path, stream)
            if parts:
                offset = (start_of(stream) or 0.0) - start - parts[0].shown
                for begin, end, frame in edited_frames(path, stream.index, parts, period):
                    yield begin + offset, end + offset, frame, aspect
                return
            for frame in _frames(container, stream):
                if frame.time is None:
                    now += period
                else:
                    if frame.time - start > now + LONGEST_GAP_SECONDS:
                        start = frame.time - now - period
                    now = max(now, frame.time - start)
                yield now, now + period, frame, aspect
    except (FFmpegError, IndexError, TypeError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error


def _frames(container: InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """The pictures of a track, with their alpha where it has some."""
    if stream.metadata.get("alpha_mode") != "1" or ALPHA_DECODERS.get(stream.codec_context.name) is None:
        yield from container.decode(stream)
        return
    decoder = av.CodecContext.create(ALPHA_DECODERS[stream.codec_context.name], "r")
    assert isinstance(decoder, av.VideoCodecContext)
    for packet in container.demux(stream):
        yield from decoder.decode(packet if packet.size else None)


def is_film(path: Path) -> bool:
    """Whether a file is a film by its name, or an animated picture."""
    return path.suffix.lower() in FILM_SUFFIXES or is_animated(path)


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


def upright(
    pixels: UInt8[np.ndarray, "height width channel"],
    frame: av.VideoFrame,
    aspect: Fraction | None,
    size: tuple[int, int] | None,
) -> UInt8[np.ndarray, "newheight newwidth channel"]:
    """The pixels of a frame as it is shown. `aspect` is the width of a pixel over its height; None and 0 are square."""
    square = square_size(frame.width, frame.height, aspect)
    if square != (frame.width, frame.height) and size is None:
        pixels = _resized(pixels, square)
    if frame.rotation:
        pixels = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
    return _resized(pixels, size)


def _resized(
    pixels: UInt8[np.ndarray, "height width channel"], size: tuple[int, int] | None
) -> UInt8[np.ndarray, "newheight newwidth channel"]:
    """Pixels in another size, width and height, or as they are."""
    if size is None or pixels.shape[1::-1] == size:
        return pixels
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4)


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of a picture with square pixels: the longer side of a pixel decides, so that nothing is lost."""
    if not aspect or not 1 / MOST_ASPECT <= aspect <= MOST_ASPECT:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
