"""Pictures of films in high dynamic range (HLG, PQ), as screens and files of BT.709 show them.

ITU-R BT.2408: white paper in such a film has 203 cd/m², in HLG on a screen of 1000 cd/m². It becomes BT.709's white,
everything darker keeps its light and colour, and what is brighter is cut. Colours that BT.709 does not have, and its
strongest ones, are drawn in. FFmpeg's scaler (version 8, in PyAV 17) calculates it.
"""

import logging
from functools import cache
from itertools import pairwise
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import UInt8

PQ, HLG = 16, 18  # transfer functions by their numbers in ITU-T H.273
BT709 = 1  # the matrix of colours, likewise
UNSPECIFIED = 2
TO_BT709 = "out_primaries=bt709:out_transfer=bt709:out_range=pc:intent=relative_colorimetric"


class StandardRange:
    """Converts the pictures of one film; what FFmpeg prepares for that, which takes seconds, is kept."""

    def __init__(self, alpha: bool = False):
        """With `alpha` the pixels of a picture that has alpha keep it."""
        self.alpha = alpha
        self.kind: tuple[object, ...] = ()
        self.graph: Graph | None = None

    def pixels(self, frame: av.VideoFrame) -> UInt8[np.ndarray, "height width channel"]:
        """The pixels (0 to 255) of a decoded picture as BT.709 has them.

        A warning, once, where the installed PyAV cannot convert: colours are pale then.
        """
        kept = "rgba" if self.alpha and any(part.is_alpha for part in frame.format.components) else "rgb24"
        if getattr(frame, "color_trc", UNSPECIFIED) in (PQ, HLG):  # else see warn_of_untold_range
            try:
                frame = self._converted(frame, kept)
            except (FFmpegError, ValueError):
                _warn_of_pale_colours()
        return frame.to_ndarray(format=kept, **_told(frame))

    def _converted(self, frame: av.VideoFrame, kept: str) -> av.VideoFrame:
        kind = (frame.width, frame.height, frame.format.name, int(frame.colorspace), int(frame.color_range))
        if self.graph is None or kind != self.kind:
            self.graph, self.kind = _graph(frame, kept), kind
        self.graph.push(frame)
        converted = self.graph.pull()
        assert isinstance(converted, av.VideoFrame)
        return converted


def _told(frame: av.VideoFrame) -> dict[str, Any]:
    """What PyAV before 17 has to be told of a picture in BT.709, which it takes for BT.601 else."""
    if frame.colorspace != BT709:
        return {}
    own_range = ColorRange.JPEG if frame.color_range == ColorRange.JPEG.value else ColorRange.MPEG
    return {"src_colorspace": Colorspace.ITU709, "src_color_range": own_range, "dst_color_range": ColorRange.JPEG}


def warn_of_untold_range(stream: av.VideoStream) -> None:
    """Warns, once, of a film in high dynamic range where PyAV before 17 reads it: pictures do not tell their range."""
    if not hasattr(av.VideoFrame, "color_trc") and stream.codec_context.color_trc in (PQ, HLG):
        _warn_of_pale_colours()


@cache
def _warn_of_pale_colours() -> None:
    logging.getLogger(__name__).warning(
        "The film has a high dynamic range, which the installed PyAV cannot convert: its colours are pale. "
        "Install av 17 or newer."
    )


def _graph(frame: av.VideoFrame, kept: str) -> Graph:
    graph = Graph()
    source = graph.add(
        "buffer",
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000:"
        f"colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
    )
    steps = [source]
    if frame.color_primaries == UNSPECIFIED:
        steps.append(graph.add("setparams", "color_primaries=bt2020"))
    steps += [graph.add("scale", TO_BT709), graph.add("format", kept), graph.add("buffersink")]
    for step, following in pairwise(steps):
        step.link_to(following)
    graph.configure()
    return graph
