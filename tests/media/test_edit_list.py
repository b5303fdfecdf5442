"""Films that are cut in their middle show the pictures that their edit lists name, each in its place."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from made_media import clap, timed_film, with_edits

from cemnet.media.containers import picture_track
from cemnet.media.edit_list import parts_of
from cemnet.media.sound import read_audio
from cemnet.media.video_reader import video_frames


def parts(path):
    with av.open(str(path)) as container:
        stream = picture_track(container)
        assert stream is not None
        return parts_of(container, path, stream)


@pytest.mark.slow
@pytest.mark.parametrize(("b_frames", "flags"), [(0, ""), (3, ""), (3, "negative_cts_offsets"), (16, "")])
@pytest.mark.parametrize(
    ("edits", "claps"),
    [
        ([(1.0, 0.0), (1.0, 2.0)], [0.3, 1.4]),
        ([(1.0, 0.52), (0.6, 2.2)], [1.2]),
        ([(0.8, 2.0), (0.8, 0.2)], [0.4, 0.9]),
        ([(0.4, 0.2), (0.4, 0.2), (0.32, None), (0.4, 2.2)], [0.1, 0.5, 1.32]),
    ],
)
def test_a_film_cut_in_its_middle_joins_its_parts(tmp_path, edits, claps, b_frames, flags):
    """To the picture, also where pictures wait for later ones (B-frames), and the sound within a frame."""
    path = tmp_path / "film.mp4"
    counted_film(path, b_frames, flags)
    with_edits(with_edits(path, b"vide", edits), b"soun", edits)
    wanted = []
    for seconds, begin in edits:
        wanted += [wanted[-1] if begin is None else round(begin * 25) + each for each in range(round(seconds * 25))]
    seen = [round((float(frame.mean()) - 20) / 3) for frame in video_frames(path, 25)]
    assert seen == wanted
    audio = read_audio(path)
    assert audio.duration_seconds == pytest.approx(sum(seconds for seconds, _ in edits), abs=0.02)
    loud = (audio.waveform[0].abs() > 0.1).nonzero()[:, 0].numpy() / 16_000
    heard = loud[np.diff(loud, prepend=-1.0) > 0.2]
    np.testing.assert_allclose(heard, claps, atol=0.04)


def counted_film(path, b_frames, flags):
    """Three seconds: pictures of brightness 20 + 3 · number, and claps at 0.3 and 2.4 s."""
    with av.open(str(path), "w", options={"movflags": flags} if flags else {}) as container:
        pictures = container.add_stream(
            "libx264", rate=25, options={"crf": "8", "bf": f"{b_frames}", "b_strategy": "0"}
        )
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        for index in range(75):
            picture = np.full((48, 64, 3), 20 + 3 * index, np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(pictures.encode(None))
        claps = clap(0.3, lasting=3.0) + clap(2.4, lasting=3.0)
        for first in range(0, 48_000, 1024):
            part = np.ascontiguousarray(claps[:, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = 16_000, Fraction(1, 16_000), first
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def test_a_film_in_one_piece_and_one_that_is_no_mp4_have_no_parts(tmp_path):
    assert parts(timed_film(tmp_path / "film.mkv")) == []
    film = timed_film(tmp_path / "film.mp4")
    assert parts(film) == []
    assert parts(with_edits(film, b"vide", [(0.5, None), (0.4, 0.2)])) == []
    (first, second) = parts(with_edits(film, b"vide", [(0.2, None), (0.4, 0.2), (0.4, 0.0)]))
    assert (first.shown, second.shown) == (0.2, pytest.approx(0.6))
    assert (first.seconds, first.begin) == (0.4, pytest.approx(second.begin + 0.2))


@pytest.mark.parametrize("speed", [0, 1 << 15, 2 << 16])
def test_a_film_that_is_held_or_slowed_down_is_read_in_ffmpegs_way(tmp_path, speed):
    film = with_edits(timed_film(tmp_path / "film.mp4"), b"vide", [(0.4, 0.2), (0.4, 0.0)])
    assert len(parts(film)) == 2
    content = bytearray(film.read_bytes())
    struct.pack_into(">I", content, content.index(b"elst") + 4 + 8 + 8, speed)
    film.write_bytes(content)
    assert parts(film) == []
    assert len(list(video_frames(film, 25))) > 10


@pytest.mark.parametrize(("place", "value"), [(4, 10_001), (4, 1 << 31), (8, 0), (8, 1 << 30), (0, 1 << 24)])
def test_a_damaged_edit_list_is_none(tmp_path, place, value):
    """More edits than there are, one that lasts no time or days, and long numbers where short ones stand."""
    film = with_edits(timed_film(tmp_path / "film.mp4"), b"vide", [(0.4, 0.2), (0.4, 0.0)])
    content = bytearray(film.read_bytes())
    struct.pack_into(">I", content, content.index(b"elst") + 4 + place, value)
    film.write_bytes(content)
    assert parts(film) == []
