"""Recordings as corpora keep them: small sounds and films in any container."""

from pathlib import Path

import av
import numpy as np
import torch

from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio


def murmur(seconds: float = 0.6, rate: int = 16_000) -> Audio:
    time = torch.arange(int(seconds * rate)) / rate
    return Audio((0.3 * torch.sin(2 * torch.pi * 150 * time) * torch.sin(2 * torch.pi * 3 * time))[None], rate)


def write_film(path: Path, seconds: float = 0.6, audio: Audio | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mp4 = path.with_suffix(".mp4")
    with VideoWriter(mp4, 30, 64, 64, audio or murmur(seconds)) as writer:
        for number in range(round(seconds * 30)):
            writer.write(np.full((64, 64, 3), number / 60, np.float32))
    if path.suffix == ".flv":
        copy_streams(mp4, path, ("video", "audio"))
        mp4.unlink()


def copy_streams(source: Path, target: Path, kinds: tuple[str, ...]) -> None:
    """Repacks the encoded streams into another container."""
    with av.open(str(source)) as given, av.open(str(target), "w") as written:
        streams = {s.index: written.add_stream_from_template(s) for s in given.streams if s.type in kinds}
        for packet in given.demux():
            if packet.stream_index in streams and packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                written.mux(packet)


def write_sound(path: Path, audio: Audio | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".m4a":
        film = path.with_name("film.mp4")
        write_film(film, audio=audio)
        copy_streams(film, path, ("audio",))
        film.unlink()
        return
    sound = audio or murmur()
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "flac" if path.suffix == ".flac" else "pcm_s16le", rate=sound.sample_rate, layout="mono"
        )
        samples = (sound.waveform.numpy() * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = sound.sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
