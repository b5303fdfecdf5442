"""Pictures of phones and animated ones come in, and what is not installed is told."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from cemnet.errors import MediaError
from cemnet.media.images import read_image
from cemnet.media.picture_files import animation, animation_rate, is_animated
from cemnet.media.pixels import to_uint8
from cemnet.media.video_reader import is_film, video_fps, video_frames

COLOURS = [(200, 30, 90), (10, 180, 60), (30, 60, 220), (240, 240, 20)]
ANIMATED = ["gif", "png", "webp", *(["avif"] if features.check("avif") else [])]
# An AVIF and a HEIC file begin alike; this is all that is looked at where neither can be read.
HEADS = {"heic": b"\0\0\0\x18ftypheic\0\0\0\0", "avif": b"\0\0\0\x18ftypavif\0\0\0\0"}


def animated(path: Path, milliseconds=(40, 40, 40, 40), transparent=False) -> Path:
    """Pictures of one colour each, lossless where the format can be."""
    pictures = [Image.new("RGBA", (32, 24), (*colour, 255)) for colour in COLOURS[: len(milliseconds)]]
    if transparent:
        for picture in pictures:
            picture.paste((0, 0, 0, 0), (0, 0, 16, 24))
    exact: dict = {
        "webp": {"lossless": True, "exact": True, "kmin": 0, "kmax": 1},
        "avif": {"quality": 100, "subsampling": "4:4:4"},
    }
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=list(milliseconds), loop=0,
        **exact.get(path.suffix[1:], {}) | ({"disposal": 2} if path.suffix == ".gif" else {}),
    )  # fmt: skip
    return path


@pytest.mark.parametrize("suffix", ANIMATED)
def test_an_animated_picture_is_a_film_of_all_its_pictures(tmp_path, suffix):
    path = animated(tmp_path / f"a.{suffix}")
    assert is_animated(path) and is_film(path)
    assert video_fps(path) == 25
    frames = list(video_frames(path, 25))
    assert [frame.shape for frame in frames] == [(24, 32, 3)] * 4
    np.testing.assert_allclose([frame[5, 5] for frame in frames], COLOURS, atol=4)
    assert next(video_frames(path, 25, (64, 48))).shape == (48, 64, 3)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_each_picture_of_an_animation_is_shown_as_long_as_the_file_says(tmp_path, suffix):
    path = animated(tmp_path / f"a.{suffix}", (100, 40, 60, 200))
    assert animation_rate(path) == 10
    shown = [frame[5, 5].tolist() for frame in video_frames(path, 50)]
    assert shown == [list(COLOURS[0])] * 5 + [list(COLOURS[1])] * 2 + [list(COLOURS[2])] * 3 + [list(COLOURS[3])] * 10


def test_times_that_were_rounded_to_milliseconds_are_a_whole_rate_again(tmp_path):
    assert animation_rate(animated(tmp_path / "a.webp", (33, 33, 34))) == 30
    assert animation_rate(animated(tmp_path / "b.webp", (100, 110, 100))) == pytest.approx(9.677, abs=1e-3)


def test_pictures_without_a_time_are_shown_as_players_do(tmp_path):
    assert [seconds for seconds, _ in animation(animated(tmp_path / "a.gif", (0, 10, 20)))] == [0.1, 0.1, 0.02]


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_alpha_of_an_animation_is_kept_on_request(tmp_path, suffix):
    path = animated(tmp_path / f"a.{suffix}", transparent=True)
    frames = np.stack(list(video_frames(path, 25, alpha=True)))
    assert frames.shape == (4, 24, 32, 4)
    assert (frames[:, :, :16, 3] == 0).all() and (frames[:, :, 16:, 3] == 255).all()


def test_of_an_animated_portrait_the_first_picture_is_taken_and_told(tmp_path, caplog):
    read = to_uint8(read_image(animated(tmp_path / "a.webp")))
    assert read[5, 5].tolist()[:3] == list(COLOURS[0])
    assert "first picture" in caplog.text and "cemnet dub --video a.webp" in caplog.text
    caplog.clear()
    Image.new("RGB", (8, 8)).save(tmp_path / "still.webp")
    read_image(tmp_path / "still.webp")
    assert caplog.text == "" and not is_animated(tmp_path / "still.webp")


def test_a_cut_off_animation_ends_where_it_is_damaged(tmp_path):
    """As players do; Pillow finds the first picture of a GIF without reading the others."""
    path = animated(tmp_path / "a.gif")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    assert 1 <= len(list(animation(path))) < 4
    path.write_bytes(content[:20])
    assert not is_animated(path)
    with pytest.raises(MediaError, match="cannot be read"):
        list(animation(path))


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_an_avif_picture_is_read(tmp_path):
    Image.new("RGB", (32, 24), COLOURS[0]).save(tmp_path / "a.avif", quality=100, subsampling="4:4:4")
    np.testing.assert_allclose(to_uint8(read_image(tmp_path / "a.avif"))[5, 5], COLOURS[0], atol=3)


def test_a_photo_of_a_phone_is_read_upright_with_its_colours(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    picture = Image.new("RGB", (64, 48), COLOURS[0])
    picture.paste(COLOURS[2], (0, 0, 64, 24))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    heif.from_pillow(picture).save(tmp_path / "a.heic", quality=95, exif=exif.tobytes())
    read = to_uint8(read_image(tmp_path / "a.heic"))
    assert read.shape == (64, 48, 3)
    np.testing.assert_allclose(read[30, 40], COLOURS[2], atol=6)
    np.testing.assert_allclose(read[30, 8], COLOURS[0], atol=6)


@pytest.mark.parametrize("kind", HEADS)
def test_what_has_to_be_installed_for_a_picture_is_told(tmp_path, monkeypatch, kind):
    for package in ("pillow_heif", "pi_heif"):
        monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    path = tmp_path / f"a.{kind}"
    path.write_bytes(HEADS[kind] + bytes(100))
    with pytest.raises(MediaError) as refused:
        read_image(path)
    assert ("pip install pillow-heif" if kind == "heic" else "Install pillow 11.3") in str(refused.value)
