"""What animated pictures need beside FFmpeg's encoders: colours of a palette (GIF), and words in the file."""

import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import av
import cv2
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext

from .provenance import DIGITAL_SOURCE_TYPE

PART_PIXELS = 16
WORSE_LEVELS = 8.0  # of 255; by eye, on talking faces
MOST_BLOCK = 255  # bytes of a block of a GIF
ALPHA_FLAG, XMP_FLAG = 0x10, 0x04  # in a WebP's extended header
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="{kind}">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{comment}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


class Palette:
    """Brings pictures to 256 colours, as a GIF has them; pixels are transparent or not, and never half.

    The colours stay the same while they suit: what does not move then has the same pixels in each picture, which halves
    the file. They suit unless a part of a picture, such as teeth or another scene, is clearly worse than the worst part
    of the picture of which they were taken.
    """

    def __init__(self, width: int, height: int, transparent: bool):
        self.width, self.height, self.transparent = width, height, transparent
        self.reduce: Callable[[av.VideoFrame], av.VideoFrame] | None = None
        self.expected = 0.0

    def reduced(self, picture: av.VideoFrame) -> av.VideoFrame:
        """An RGBA picture in 256 colours."""
        if self.reduce is not None:
            reduced = self.reduce(picture)
            if _worst_part(picture, reduced) <= self.expected + WORSE_LEVELS:
                return reduced
        self.reduce = self._with_colours_of(picture)
        reduced = self.reduce(picture)
        self.expected = _worst_part(picture, reduced)
        return reduced

    def _with_colours_of(self, picture: av.VideoFrame) -> Callable[[av.VideoFrame], av.VideoFrame]:
        """What brings pictures to the colours that suit this one best."""
        shape = f"video_size={self.width}x{self.height}:pix_fmt=rgba:time_base=1/1000"
        choosing, reducing = Graph(), Graph()
        source, sink = choosing.add("buffer", shape), choosing.add("buffersink")
        best = choosing.add("palettegen", f"stats_mode=single:reserve_transparent={int(self.transparent)}")
        source.link_to(best)
        best.link_to(sink)
        choosing.configure()
        colours = _pushed_through(source, sink, picture)
        source, sink = reducing.add("buffer", shape), reducing.add("buffersink")
        palette = reducing.add(
            "buffer", f"video_size={colours.width}x{colours.height}:pix_fmt={colours.format.name}:time_base=1/1000"
        )
        reduced = reducing.add("paletteuse", "dither=bayer:bayer_scale=5")
        source.link_to(reduced, 0, 0)
        palette.link_to(reduced, 0, 1)
        reduced.link_to(sink)
        reducing.configure()
        palette.push(colours)
        palette.push(None)
        return partial(_pushed_through, source, sink, kept=reducing)


def _pushed_through(
    source: FilterContext, sink: FilterContext, picture: av.VideoFrame, kept: Graph | None = None
) -> av.VideoFrame:
    """What comes out of a graph for a picture; `kept` is the graph, which goes away with its last name."""
    source.push(picture)
    pulled = sink.pull()
    assert isinstance(pulled, av.VideoFrame)
    return pulled


def _worst_part(picture: av.VideoFrame, reduced: av.VideoFrame) -> float:
    """How far (levels of 255) the worst square of PART_PIXELS differs in the mean."""
    pair = (each.to_ndarray(format="rgb24").astype(np.float32) for each in (picture, reduced))
    difference = np.abs(next(pair) - next(pair)).mean(2)
    parts = (max(1, picture.width // PART_PIXELS), max(1, picture.height // PART_PIXELS))
    return float(cv2.resize(difference, parts, interpolation=cv2.INTER_AREA).max())


def write_comment(path: Path, comment: str, width: int, height: int) -> None:
    """Writes a comment into a GIF, or as a description into a WebP; files of other kinds have theirs already."""
    if path.suffix.lower() == ".gif":
        _comment_gif(path, comment.encode("utf-8"))
    elif path.suffix.lower() == ".webp":
        xmp = XMP.format(kind=escape(DIGITAL_SOURCE_TYPE), comment=escape(comment))
        _describe_webp(path, xmp.encode("utf-8"), width, height)


def _comment_gif(path: Path, comment: bytes) -> None:
    """GIF89a, 24: a comment extension, here in place of the trailer, which follows it."""
    blocks = [comment[first : first + MOST_BLOCK] for first in range(0, len(comment), MOST_BLOCK)]
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x21\xfe" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0\x3b")


def _describe_webp(path: Path, xmp: bytes, width: int, height: int) -> None:
    """RFC 9649, 2.7: a chunk XMP at the end, its flag in the extended header, and the length of the whole."""
    with path.open("r+b") as file:
        head = file.read(21)
        if head[12:16] != b"VP8X":  # all frames were alike: a still picture, which has no extended header yet
            file.seek(12)
            still = file.read()
            alpha = ALPHA_FLAG if head[12:16] == b"VP8L" else 0
            size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
            file.seek(12)
            file.write(b"VP8X" + struct.pack("<I", 10) + bytes([alpha, 0, 0, 0]) + size + still)
            head = head[:20] + bytes([alpha])
        file.seek(0, 2)
        file.write(b"XMP " + struct.pack("<I", len(xmp)) + xmp + bytes(len(xmp) % 2))
        length = file.tell()
        file.seek(4)
        file.write(struct.pack("<I", length - 8))
        file.seek(20)
        file.write(bytes([head[20] | XMP_FLAG]))
