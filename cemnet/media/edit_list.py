"""Edit lists of MP4 and MOV films that are cut in their middle: which of their pictures are shown when.

FFmpeg follows edit lists, but where pictures wait for later ones (B-frames) it joins the parts of a film up to three
pictures off. So the pictures of films of several parts are read without its help. ISO/IEC 14496-12, 8.6.5 and 8.6.6.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer

from .containers import LONGEST_GAP_SECONDS, media_name

MOST_BYTES = 1 << 28  # of a film's table of contents
MOST_PARTS = 10_000
WAITING_PICTURES = 32  # how many pictures after its place in the file one may be shown
MOST_SECONDS_OVER = 1.0  # that an edit may go on after the end of its track
ROUNDED_SECONDS = 1e-3  # the clock of a film is often that coarse


@dataclass(frozen=True)
class Part:
    """What a track has from the second `begin` on is shown for some seconds, from the second `shown` of the film on."""

    shown: float
    seconds: float
    begin: float


def parts_of(container: InputContainer, path: Path, stream: av.VideoStream) -> list[Part]:
    """The parts that a track is cut into, by its own clock as FFmpeg counts it without edit lists.

    Empty where it is no MP4 or MOV, in one piece, slowed down, or damaged, as where a part is longer than the track.
    Then FFmpeg's way is right.
    """
    if "mp4" not in container.format.name:
        return []
    try:
        parts = _read_parts(_table_of_contents(path), stream.id)
    except (struct.error, ZeroDivisionError, IndexError, OSError):
        return []
    return parts if 1 < len(parts) <= MOST_PARTS and all(part.seconds > 0 for part in parts) else []


def edited_frames(
    path: Path, number: int, parts: list[Part], period: float
) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """The decoded pictures of a track in the order of its parts, with the seconds at which each begins and ends.

    `number` is the track's index in the file, `period` the seconds that a picture lasts.
    """
    with av.open(media_name(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams[number]
        assert isinstance(stream, av.VideoStream) and stream.time_base is not None
        stream.thread_type = "AUTO"
        for part in parts:
            early = max(part.begin - WAITING_PICTURES * period, 0.0)
            container.seek(round(early / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                if frame.time is None or frame.time + period < part.begin + ROUNDED_SECONDS:
                    continue
                begin, end = max(frame.time - part.begin, 0.0), min(frame.time + period - part.begin, part.seconds)
                if begin > part.seconds - ROUNDED_SECONDS:
                    break
                yield part.shown + begin, part.shown + end, frame


def _table_of_contents(path: Path) -> bytes:
    """The content of the box "moov"."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
                size -= 8
            if kind == b"moov":
                return file.read(min(size - 8, MOST_BYTES)) if size > 8 else b""
            if size < 8:
                return b""
            file.seek(size - 8, 1)
    return b""


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that follow each other, as kind and content."""
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size < 8 or at + size > len(content):
            return
        yield kind, content[at + 8 : at + size]
        at += size


def _inside(content: bytes, *kinds: bytes) -> bytes:
    """The content of the first box of a kind, within the first of the kind before it, and so on; empty without one."""
    for kind in kinds:
        content = next((inner for name, inner in _boxes(content) if name == kind), b"")
    return content


def _read_parts(moov: bytes, track_id: int) -> list[Part]:
    film_scale = _time_scale(_inside(moov, b"mvhd"))
    for kind, track in _boxes(moov):
        if kind != b"trak" or _track_id(_inside(track, b"tkhd")) != track_id:
            continue
        header = _inside(track, b"mdia", b"mdhd")
        scale, end = _time_scale(header), _duration(header)
        parts, shown = [], 0.0
        for duration, begin, rate in _edits(_inside(track, b"edts", b"elst")):
            seconds = duration / film_scale
            if begin >= 0:
                if rate != 1 << 16 or begin / scale + seconds > end / scale + MOST_SECONDS_OVER:
                    return []
                parts.append(Part(shown, seconds, begin / scale))
            elif seconds > LONGEST_GAP_SECONDS:
                return []
            shown += seconds
        return parts
    return []


def _track_id(header: bytes) -> int:
    return struct.unpack_from(">I", header, 20 if header[0] else 12)[0]


def _time_scale(header: bytes) -> int:
    """Units a second of a film's or a track's clock."""
    return struct.unpack_from(">I", header, 20 if header[0] else 12)[0]


def _duration(header: bytes) -> int:
    """The length of a track by its own clock."""
    return struct.unpack_from(">Q" if header[0] else ">I", header, 24 if header[0] else 16)[0]


def _edits(table: bytes) -> list[tuple[int, int, int]]:
    """Length by the film's clock, begin by the track's (-1: shows nothing), and speed in 1/65536, of each edit."""
    if not table:
        return []
    form = struct.Struct(">QqI" if table[0] else ">IiI")
    (count,) = struct.unpack_from(">I", table, 4)
    return [form.unpack_from(table, 8 + index * form.size) for index in range(min(count, MOST_PARTS + 1))]
