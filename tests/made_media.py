"""Small sounds and films that tests make, and what is in a film again."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from av.stream import Disposition

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def tone(num_channels: int, rate: int, seconds: float = 1.0) -> torch.Tensor:
    time = torch.arange(round(rate * seconds)) / rate
    return 0.5 * torch.sin(2 * torch.pi * 440 * time).repeat(num_channels, 1)


def write_sound(path: Path, codec: str, rate: int, waveform: np.ndarray) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=LAYOUTS[waveform.shape[0]])
        frame = av.AudioFrame.from_ndarray(waveform.T.reshape(1, -1).copy(), format="flt", layout=stream.layout.name)
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, stream.layout, rate, frame_size=1024)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def video(path: Path) -> tuple[np.ndarray, av.VideoStream]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]), stream


def timed_film(
    path: Path,
    rate: Fraction = Fraction(25),
    num_frames: int = 25,
    pictures_start: float = 0.0,
    sounds: Sequence[tuple[float, np.ndarray]] = (),
    default: int | None = None,
    aspect: Fraction | None = None,
    codec: str = "libx264",
) -> Path:
    """A film of dark pictures with a white one in their middle, and sound tracks at 16 kHz that begin at their times.

    Sound is (channel, sample); `default` is the only track that is marked as the default.
    """
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(codec, rate=rate)
        pictures.width, pictures.height = 64, 48
        pictures.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if aspect is not None:
            pictures.codec_context.sample_aspect_ratio = aspect
        tracks = [container.add_stream("aac", rate=16_000, layout=LAYOUTS[each.shape[0]]) for _, each in sounds]
        for number, track in enumerate(tracks):
            track.disposition = Disposition.default.value if default in (None, number) else 0
        for index in range(num_frames):
            value = 230 if index == num_frames // 2 else 30
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), value, np.uint8), format="rgb24")
            frame.time_base, frame.pts = 1 / rate, index + round(pictures_start * rate)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        for track, (start, waveform) in zip(tracks, sounds, strict=True):
            for first in range(0, waveform.shape[1], 1024):
                part = np.ascontiguousarray(waveform[:, first : first + 1024], np.float32)
                sound = av.AudioFrame.from_ndarray(part, format="fltp", layout=LAYOUTS[waveform.shape[0]])
                sound.sample_rate, sound.time_base = 16_000, Fraction(1, 16_000)
                sound.pts = first + round(start * 16_000)
                container.mux(track.encode(sound))
            container.mux(track.encode(None))
    return path


def clap(seconds: float, rate: int = 16_000, lasting: float = 1.0) -> np.ndarray:
    """Silence with a tone of 0.1 s that begins at a second: (1, sample)."""
    waveform = np.zeros((1, round(lasting * rate)), np.float32)
    begin = round(seconds * rate)
    waveform[0, begin : begin + rate // 10] = 0.5 * np.sin(np.arange(rate // 10) * 0.6)[: waveform.shape[1] - begin]
    return waveform


def onset(waveform: torch.Tensor, rate: int) -> float:
    """The second at which sound begins to be loud."""
    return int((waveform.abs().amax(0) > 0.1).nonzero()[0]) / rate


def held_upright(path: Path, height: int) -> Path:
    """Marks a film of so many rows as one of a phone that is held upright: its top comes to the right.

    That is a display matrix (ISO/IEC 14496-12, 8.3.2) that turns pictures clockwise.
    """
    content = path.read_bytes()
    matrix = content.index(b"tkhd") + 44
    turned = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, height << 16, 0, 1 << 30)
    path.write_bytes(content[:matrix] + turned + content[matrix + 36 :])
    return path


def with_edits(path: Path, kind: bytes, edits: Sequence[tuple[float, float | None]]) -> Path:
    """Gives the track of a kind, b"vide" or b"soun", of a film of `timed_film` an edit list of its own.

    Each edit lasts some seconds and begins at a second of what the track has, or shows nothing (None). ISO/IEC
    14496-12, 8.6.6; the samples that encoders begin with, which the film's own list leaves out, stay out.
    """
    content = path.read_bytes()
    moov = content.index(b"moov") - 4
    film_scale = int.from_bytes(content[(at := content.index(b"mvhd", moov)) + 16 : at + 20], "big")
    track = content.index(b"trak", moov) - 4
    while content.index(kind, track) > track + int.from_bytes(content[track : track + 4], "big"):
        track += int.from_bytes(content[track : track + 4], "big")
    scale = int.from_bytes(content[(at := content.index(b"mdhd", track)) + 16 : at + 20], "big")
    edts = content.index(b"edts", track) - 4
    elst = edts + 8
    before = struct.iter_unpack(">IiI", content[elst + 16 : elst + int.from_bytes(content[elst : elst + 4], "big")])
    skipped = next(begin for _, begin, _ in before if begin >= 0)
    entries = [
        struct.pack(
            ">IiI", round(seconds * film_scale), -1 if begin is None else skipped + round(begin * scale), 1 << 16
        )
        for seconds, begin in edits
    ]
    box = struct.pack(">I4sII", 16 + 12 * len(entries), b"elst", 0, len(entries)) + b"".join(entries)
    old = int.from_bytes(content[edts : edts + 4], "big")
    changed = bytearray(content[:edts] + struct.pack(">I4s", 8 + len(box), b"edts") + box + content[edts + old :])
    for start in (moov, track):
        size = int.from_bytes(changed[start : start + 4], "big") + 8 + len(box) - old
        changed[start : start + 4] = size.to_bytes(4, "big")
    path.write_bytes(changed)
    return path
