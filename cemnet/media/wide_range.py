"""Films in high dynamic range that stay so: the pictures as they are filmed, and what changes in them.

A picture is kept as its file has it, 10 bits of luma and chroma by ITU-R BT.2020. Faces are moved in its conversion to
BT.709 (see `dynamic_range`). What that changes is brought back, by the same rule (white paper has 203 cd/m²), and added
to the kept picture: what stays the same keeps every value, and what is brighter than paper stays brighter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.codec import codecs_available
from av.error import FFmpegError
from av.video.reformatter import ColorRange
from jaxtyping import Float, Float32, UInt8, UInt16

from ..errors import MediaError
from .containers import media_name, picture_track
from .dynamic_range import HLG, PQ, UNSPECIFIED, StandardRange
from .picture_files import is_animated
from .video_format import WIDE
from .video_reader import at_steady_rate, decoded_frames, square_size, upright

BT2020 = 9  # the number of primaries and matrix in ITU-T H.273
PIXELS = "yuv420p10le"
PAPER_NITS = 203.0  # ITU-R BT.2408
HLG_SCREEN_NITS = 1000.0
DISPLAY_GAMMA = 2.4  # ITU-R BT.1886
TO_BT2020 = np.array(  # linear light of BT.709: ITU-R BT.2087
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]], np.float32
)
LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
LEAST_LIGHT = 1e-9  # keeps powers and logarithms finite


@dataclass(frozen=True)
class WidePicture:
    """A picture in high dynamic range: codes of 10 bits in narrow range."""

    luma: UInt16[np.ndarray, "height width"]
    chroma: UInt16[np.ndarray, "halfheight halfwidth 2"]  # blue and red differences of four pixels each
    transfer: int  # PQ or HLG

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.luma.shape


@dataclass(frozen=True)
class FilmedPicture:
    """A picture of a film as it is kept, and as BT.709 has it (0 to 255)."""

    kept: WidePicture
    pixels: UInt8[np.ndarray, "height width 3"]

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self.kept.luma.nbytes + self.kept.chroma.nbytes + self.pixels.nbytes


def check_wide(film: Path, output: Path) -> None:
    """Raises MediaError where a film has no high dynamic range, or the output or the installed PyAV cannot keep it."""
    if output.suffix.lower() not in WIDE:
        ends = tuple(WIDE)
        raise MediaError(
            f"{output} cannot keep a high dynamic range. Let it end in {', '.join(ends[:-1])} or {ends[-1]}."
        )
    if WIDE[".mp4"].video_codec not in codecs_available or not hasattr(av.VideoFrame, "color_trc"):
        raise MediaError("The installed PyAV cannot keep a high dynamic range. Install av 17 or newer.")
    if film_transfer(film) is None:
        raise MediaError(f"{film} has no high dynamic range (HLG or PQ) that could be kept. Leave --keep-hdr out.")


def film_transfer(path: Path) -> int | None:
    """PQ or HLG where a film is in high dynamic range, else None; MediaError where it cannot be read."""
    if is_animated(path):
        return None
    try:
        with av.open(media_name(path)) as container:
            track = picture_track(container)
            frame = None if track is None else next(container.decode(track), None)
            transfer = UNSPECIFIED if frame is None else getattr(frame, "color_trc", UNSPECIFIED)
    except (FFmpegError, ValueError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error
    return transfer if transfer in (PQ, HLG) else None


def filmed_pictures(path: Path, fps: float, size: tuple[int, int]) -> Iterator[FilmedPicture]:
    """The pictures of a film in high dynamic range, in the order and the size of `video_reader.video_frames`."""
    colours = StandardRange()
    timed = (
        (
            begin,
            end,
            FilmedPicture(kept_picture(frame, aspect, size), upright(colours.pixels(frame), frame, aspect, size)),
        )
        for begin, end, frame, aspect in decoded_frames(path, fps)
    )
    yield from at_steady_rate(timed, fps)


def kept_picture(frame: av.VideoFrame, aspect: Fraction | None, size: tuple[int, int]) -> WidePicture:
    """A decoded frame as it is shown, in a size (width and height)."""
    transfer, turns = int(frame.color_trc), round(frame.rotation / 90)
    native = frame.width, frame.height
    if frame.format.name != PIXELS or frame.color_range == ColorRange.JPEG.value:
        frame = frame.reformat(format=PIXELS, dst_color_range=ColorRange.MPEG)
    planes = frame.to_ndarray(format=PIXELS)
    halves = planes[frame.height :].reshape(2, frame.height // 2, frame.width // 2).transpose(1, 2, 0)
    luma, chroma = np.rot90(planes[: frame.height], turns), np.rot90(halves, turns)
    if square_size(*native, aspect) != native or luma.shape[1::-1] != size:
        luma, chroma = _resized(luma, size), _resized(chroma, ((size[0] + 1) // 2, (size[1] + 1) // 2))
    return WidePicture(np.ascontiguousarray(luma), np.ascontiguousarray(chroma), transfer)


def with_change(picture: FilmedPicture, after: UInt8[np.ndarray, "height width 3"]) -> WidePicture:
    """The kept picture with what differs between its pixels and those `after`."""
    differs = (picture.pixels != after).any(2)
    if not differs.any():
        return picture.kept
    rows, columns = (_even_span(differs.any(axis)) for axis in (1, 0))
    area, half = (rows, columns), (_halved(rows), _halved(columns))
    change = signal(after[area], picture.kept.transfer) - signal(picture.pixels[area], picture.kept.transfer)
    luma, chroma = picture.kept.luma.copy(), picture.kept.chroma.copy()
    luma[area] = _added(luma[area], change[..., 0])
    pairs = cv2.resize(
        np.ascontiguousarray(change[..., 1:]), chroma[half].shape[1::-1], interpolation=cv2.INTER_AREA
    )  # fmt: skip
    chroma[half] = _added(chroma[half], pairs)
    return replace(picture.kept, luma=luma, chroma=chroma)


def signal(pixels: UInt8[np.ndarray, "height width 3"], transfer: int) -> Float32[np.ndarray, "height width 3"]:
    """Luma, blue and red difference of BT.709's pixels in codes of 10 bits, as PQ or HLG has them."""
    linear = (np.arange(256, dtype=np.float32) / 255) ** DISPLAY_GAMMA
    nits = PAPER_NITS * linear[pixels] @ TO_BT2020.T
    coded = pq_signal(nits) if transfer == PQ else hlg_signal(nits)
    luma = coded @ LUMA
    blue, red = (coded[..., 2] - luma) / 1.8814, (coded[..., 0] - luma) / 1.4746  # ITU-R BT.2020
    return np.stack([64 + 876 * luma, 512 + 896 * blue, 512 + 896 * red], -1).astype(np.float32)


def pq_signal(nits: Float[np.ndarray, "*pixels 3"]) -> Float[np.ndarray, "*pixels 3"]:
    """SMPTE ST 2084: the signal (0 to 1) of light in cd/m²."""
    power = (nits / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg_signal(nits: Float[np.ndarray, "*pixels 3"]) -> Float[np.ndarray, "*pixels 3"]:
    """ITU-R BT.2100: the signal (0 to 1) of light that a screen of 1000 cd/m² shows."""
    shown = nits / HLG_SCREEN_NITS
    scene = shown * np.maximum(shown @ LUMA, LEAST_LIGHT)[..., None] ** (1 / 1.2 - 1)
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, LEAST_LIGHT)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def encoder_frame(picture: WidePicture) -> av.VideoFrame:
    """The picture with even sides, as an encoder takes it."""
    height, width = picture.shape
    luma = np.pad(picture.luma, ((0, height % 2), (0, width % 2)), mode="edge")
    planes = np.concatenate([luma, picture.chroma.transpose(2, 0, 1).reshape(-1, luma.shape[1])])
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(planes), format=PIXELS)
    frame.colorspace = frame.color_primaries = BT2020
    frame.color_trc, frame.color_range = picture.transfer, ColorRange.MPEG.value
    return frame


def _resized(plane: UInt16[np.ndarray, "..."], size: tuple[int, int]) -> UInt16[np.ndarray, "..."]:
    return cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_LANCZOS4)


def _added(codes: UInt16[np.ndarray, "..."], change: Float32[np.ndarray, "..."]) -> UInt16[np.ndarray, "..."]:
    return np.rint(codes + change).clip(0, 1023).astype(np.uint16)


def _even_span(some: np.ndarray) -> slice:
    """From the first to the last true place, widened to whole pairs."""
    places = np.flatnonzero(some)
    return slice(int(places[0]) // 2 * 2, min(len(some), int(places[-1]) // 2 * 2 + 2))


def _halved(span: slice) -> slice:
    return slice(span.start // 2, (span.stop + 1) // 2)
