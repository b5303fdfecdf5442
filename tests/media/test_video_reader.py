"""Films come in at the right time and the right way up, and what fails says why."""

import struct
from pathlib import Path

import numpy as np
import pytest
from made_media import tone, write_sound

from cemnet.errors import MediaError
from cemnet.media.video_reader import some_frames, video_fps, video_frames
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


@pytest.mark.parametrize(("most", "expected"), [(6, [0, 1, 2, 3, 4, 5]), (4, [0, 2, 4]), (2, [0, 4])])
def test_of_a_long_film_some_pictures_are_read_from_first_to_last(tmp_path, most, expected):
    greys = np.linspace(0.1, 0.9, 6)
    path = film_of(tmp_path / "ramp.mp4", np.broadcast_to(greys[:, None, None, None], (6, 24, 32, 3)))
    seen = [int(np.abs(greys - frame.mean() / 255).argmin()) for frame in some_frames(path, FPS, most)]
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


def test_a_film_is_read_upright_at_a_steady_rate_with_its_colours(tmp_path):
    path, colours = tmp_path / "film.mp4", np.array([[0.9, 0.3, 0.1], [0.1, 0.7, 0.2]], np.float32)
    with VideoWriter(path, 10, 32, 24) as writer:
        for index in range(6):
            writer.write(np.broadcast_to(colours[index // 3], (24, 32, 3)).copy())
    assert video_fps(path) == 10
    assert len(list(video_frames(path, 20))) == 12
    frames = list(video_frames(path, 10))
    assert len(frames) == 6 and frames[0].shape == (24, 32, 3)
    np.testing.assert_allclose(frames[1].mean((0, 1)) / 255, colours[0], atol=0.02)
    np.testing.assert_allclose(frames[5].mean((0, 1)) / 255, colours[1], atol=0.02)


def test_a_film_that_is_none_is_told(tmp_path):
    with pytest.raises(MediaError, match="no video at"):
        video_fps(tmp_path / "none.mp4")
    with pytest.raises(MediaError, match="no pictures"):
        video_fps(write_sound(tmp_path / "tone.wav", "pcm_s16le", 16_000, tone(1, 16_000).numpy()))
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(MediaError, match="cannot be read"):
        video_fps(tmp_path / "text.mp4")
