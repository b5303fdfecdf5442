"""Small sounds and films that tests make, and what is in a film again."""

from pathlib import Path

import av
import numpy as np
import torch

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def tone(num_channels: int, rate: int, seconds: float = 1.0) -> torch.Tensor:
    time = torch.arange(round(rate * seconds)) / rate
    return 0.5 * torch.sin(2 * torch.pi * 440 * time).repeat(num_channels, 1)


def write_sound(path: Path, codec: str, rate: int, waveform: np.ndarray) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=LAYOUTS[waveform.shape[0]])
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(waveform), format="fltp", layout=stream.layout.name)
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
