"""Films come in at the right time and the right way up."""

import struct
from pathlib import Path

import numpy as np
import pytest

from cemnet.media.video_reader import video_frames
from cemnet.media.video_writer import VideoWriter

FPS = 10


def film_of(path: Path, pictures: np.ndarray) -> Path:
    with VideoWriter(path, FPS, pictures.shape[2], pictures.shape[1]) as writer:
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
