"""Films come in at the right time and the right way up, and go out with the sound in step with the pictures."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from cemnet.media.video_reader import video_frames
from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio

FPS = 10


def film_of(path: Path, pictures: np.ndarray, audio: Audio | None = None) -> Path:
    with VideoWriter(path, FPS, pictures.shape[2], pictures.shape[1], audio) as writer:
        for picture in pictures.astype(np.float32):
            writer.write(picture)
    return path


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (10, [0, 1, 2, 3, 4, 5]),
        (20, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (5, [0, 2, 4]),
    ],
)
def test_at_every_moment_the_picture_of_that_moment_is_read(tmp_path, fps, expected):
    greys = np.linspace(0.1, 0.9, 6)
    path = film_of(tmp_path / "ramp.mp4", np.broadcast_to(greys[:, None, None, None], (6, 24, 32, 3)))
    seen = [int(np.abs(greys - frame.mean() / 255).argmin()) for frame in video_frames(path, fps)]
    assert seen == expected


def test_a_film_of_a_phone_held_upright_stands_upright(tmp_path):
    """A display matrix (ISO/IEC 14496-12, 8.3.2) that turns pictures clockwise brings their top to the right."""
    pictures = np.zeros((3, 32, 48, 3))
    pictures[:, :16] = 0.9
    path = film_of(tmp_path / "phone.mp4", pictures)
    content = path.read_bytes()
    matrix = content.index(b"tkhd") + 44
    turned = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 32 << 16, 0, 1 << 30)
    path.write_bytes(content[:matrix] + turned + content[matrix + 36 :])
    frame = next(video_frames(path, FPS))
    assert frame.shape == (48, 32, 3)
    assert frame[:, 20:].mean() > 200 and frame[:, :12].mean() < 30


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_click_sounds_while_its_flash_is_seen(tmp_path, suffix, rate):
    """Both by the times that players go by, 0.5 s after the beginning."""
    pictures, waveform = np.zeros((10, 32, 32, 3)), torch.zeros(1, rate)
    pictures[5:], waveform[:, rate // 2 :] = 1, 0.5 * torch.sin(torch.arange(rate - rate // 2) * 0.3)
    path = film_of(tmp_path / f"clap.{suffix}", pictures, Audio(waveform, rate))
    with av.open(str(path)) as container:
        flash = next(frame.time for frame in container.decode(video=0) if frame.to_ndarray(format="gray").mean() > 128)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()).max(0) > 0.1)
            if len(loud):
                click = frame.time + loud[0] / frame.sample_rate
                break
    assert flash == pytest.approx(0.5, abs=1e-3)
    assert click == pytest.approx(0.5, abs=0.02)
