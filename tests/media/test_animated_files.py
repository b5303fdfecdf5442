"""GIFs have the colours of their pictures, and animated pictures say what they are."""

import numpy as np
import pytest
from PIL import Image

from cemnet.media.animated_files import Palette
from cemnet.media.picture_files import animation
from cemnet.media.provenance import DIGITAL_SOURCE_TYPE, generated_metadata
from cemnet.media.video_reader import video_frames
from cemnet.media.video_writer import VideoWriter


def shades(red: float, width: int = 64, height: int = 48) -> np.ndarray:
    """A picture of one colour from dark to light."""
    ramp = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    return np.broadcast_to(ramp * np.array([red, 0.4, 1 - red], np.float32), (height, width, 3)).copy()


def write(path, frames, **options):
    with VideoWriter(path, 25, frames[0].shape[1], frames[0].shape[0], **options) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_another_scene_has_its_own_colours(tmp_path, suffix):
    frames = [shades(1.0)] * 3 + [shades(0.0)] * 3
    path = write(tmp_path / f"a.{suffix}", frames)
    assert sum(seconds for seconds, _ in animation(path)) == pytest.approx(6 / 25)
    shown = list(video_frames(path, 25))  # a WebP has alike pictures only once
    difference = np.abs(np.stack(shown) / 255 - np.stack(frames))
    assert difference.mean() < 0.02


def test_colours_stay_the_same_while_they_suit(tmp_path, monkeypatch):
    """Then what does not move takes no room."""
    chosen = []
    choose = Palette._with_colours_of
    monkeypatch.setattr(Palette, "_with_colours_of", lambda self, picture: chosen.append(1) or choose(self, picture))
    frames = []
    for index in range(5):
        frames.append(shades(0.8))
        frames[-1][5:10, 10 + index : 15 + index] = shades(0.8)[5:10, 30:35]
    write(tmp_path / "a.gif", frames)
    assert len(chosen) == 1
    teeth = shades(0.8)
    teeth[16:32, 16:32] = (0.1, 1.0, 0.1)
    write(tmp_path / "b.gif", [*frames, teeth])
    assert len(chosen) == 3
    last = [pixels for _, pixels in animation(tmp_path / "b.gif")][-1]
    np.testing.assert_allclose(last[24, 24, :3] / 255, (0.1, 1.0, 0.1), atol=0.1)


def test_a_gif_says_that_it_is_generated_to_its_last_byte(tmp_path):
    comment = generated_metadata()["comment"] + " " + "x" * 300  # longer than a block
    path = write(tmp_path / "a.gif", [shades(0.5)] * 2, metadata={"comment": comment})
    content = path.read_bytes()
    blocks, start = b"", content.rindex(b"\x21\xfe") + 2
    while content[start]:
        blocks += content[start + 1 : start + 1 + content[start]]
        start += 1 + content[start]
    assert blocks.decode() == comment and content[start:] == b"\0\x3b"
    assert len(list(animation(path))) == 2


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("reds", [(0.5,), (0.5, 0.5), (0.2, 0.8)])
def test_a_webp_says_that_it_is_generated_where_programs_look_for_it(tmp_path, alpha, reds):
    """Also where all frames are alike, so that it is a still picture."""
    frames = [np.dstack([shades(red), np.full((48, 64), 0.5, np.float32)]) for red in reds]
    path = write(tmp_path / "a.webp", frames, metadata=generated_metadata(), transparent=alpha)
    with Image.open(path) as picture:
        told = picture.info["xmp"].decode()
        assert getattr(picture, "n_frames", 1) == len(set(reds)) and picture.size == (64, 48)
        picture.load()
        assert picture.has_transparency_data == alpha
    assert "AI-generated" in told and DIGITAL_SOURCE_TYPE in told
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_unmarked_files_say_nothing(tmp_path, suffix):
    assert b"generated" not in write(tmp_path / f"a.{suffix}", [shades(0.5)] * 2).read_bytes()
