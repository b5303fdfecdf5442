"""Films come in at the right time and the right way up, and what fails says why."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from made_media import held_upright, timed_film, tone, write_sound

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
    pictures = np.zeros((3, 32, 48, 3))
    pictures[:, :16] = 0.9
    path = held_upright(film_of(tmp_path / "phone.mp4", pictures), 32)
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


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(25, 2), 50, 240])
def test_a_film_keeps_its_rate_exactly_and_every_picture(tmp_path, suffix, rate):
    film = timed_film(tmp_path / f"film.{suffix}", Fraction(rate), num_frames=37)
    assert video_fps(film) == float(rate)
    frames = [frame.mean() for frame in video_frames(film, video_fps(film))]
    assert len(frames) == 37 and int(np.argmax(frames)) == 18
    with VideoWriter(tmp_path / "again.mp4", video_fps(film), 64, 48) as writer:
        for _ in range(3):
            writer.write(np.zeros((48, 64, 3), np.uint8))
    with av.open(str(tmp_path / "again.mp4")) as container:
        assert container.streams.video[0].average_rate == rate


def test_a_film_that_is_too_fast_is_read_at_a_whole_share_of_its_rate(tmp_path):
    film = timed_film(tmp_path / "film.mp4", Fraction(600), num_frames=60)
    assert video_fps(film) == 200
    assert len(list(video_frames(film, 200))) == 20


def test_the_cover_of_a_record_is_no_film(tmp_path):
    """As in most music files: an attached picture beside the sound."""
    sound = write_sound(tmp_path / "tone.mp3", "libmp3lame", 44_100, tone(1, 44_100).numpy())
    cover = timed_film(tmp_path / "cover.mkv", num_frames=1, codec="mjpeg")
    with (
        av.open(str(sound)) as source,
        av.open(str(cover)) as picture,
        av.open(str(tmp_path / "record.mp3"), "w") as target,
    ):
        streams = [target.add_stream_from_template(each.streams[0]) for each in (source, picture)]
        streams[1].disposition = Disposition.attached_pic.value
        for file, stream in zip((source, picture), streams, strict=True):
            for packet in file.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
    with pytest.raises(MediaError, match="no pictures"):
        video_fps(tmp_path / "record.mp3")


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(None, (64, 48)), (Fraction(4, 3), (85, 48)), (Fraction(1, 2), (64, 96)), (Fraction(900), (64, 48))],
)
def test_people_are_as_wide_as_the_film_shows_them(tmp_path, aspect, size):
    film = timed_film(tmp_path / "film.mp4", num_frames=3, aspect=aspect)
    assert next(video_frames(film, 25)).shape[1::-1] == size
    assert next(video_frames(film, 25, (170, 96))).shape[1::-1] == (170, 96)


def test_a_clock_that_jumps_by_days_is_damage(tmp_path):
    film = timed_film(tmp_path / "film.mkv", num_frames=20, codec="mjpeg")
    with av.open(str(film)) as source, av.open(str(tmp_path / "jump.mkv"), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            late = round(200_000 / packet.time_base) if packet.pts * packet.time_base >= 0.4 else 0
            packet.pts, packet.dts, packet.stream = packet.pts + late, packet.dts + late, copy
            target.mux(packet)
    assert len(list(islice(video_frames(tmp_path / "jump.mkv", 25), 100))) == 20
