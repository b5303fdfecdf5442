"""A film in high dynamic range keeps its values, its colours and its tags; only what changes is changed."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.codec import codecs_available
from made_media import held_upright

from cemnet.errors import MediaError
from cemnet.media.dynamic_range import HLG, PQ
from cemnet.media.video_reader import video_frames
from cemnet.media.video_writer import VideoWriter
from cemnet.media.wide_range import (
    BT2020,
    FilmedPicture,
    WidePicture,
    check_wide,
    encoder_frame,
    film_transfer,
    filmed_pictures,
    signal,
    with_change,
)

pytestmark = pytest.mark.skipif(
    "libx265" not in codecs_available or not hasattr(av.VideoFrame, "color_trc"),
    reason="a high dynamic range is kept from PyAV 17 on",
)

WIDTH, HEIGHT = 64, 48
PATCHES = np.array([[40, 30, 20], [180, 120, 90], [230, 190, 170], [255, 255, 255], [90, 140, 200]], np.uint8)


def noise(transfer: int = HLG, seed: int = 0) -> WidePicture:
    """A picture of middle values that differ from pixel to pixel."""
    rng = np.random.default_rng(seed)
    luma = rng.integers(200, 800, (HEIGHT, WIDTH), np.uint16)
    return WidePicture(luma, rng.integers(462, 562, (HEIGHT // 2, WIDTH // 2, 2), np.uint16), transfer)


def film_of(path, pictures):
    """A lossless film of such pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx265", rate=25, options={"x265-params": "lossless=1:log-level=none:bframes=0"}
        )
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], "yuv420p10le"
        context = stream.codec_context
        context.colorspace = context.color_primaries = BT2020
        context.color_trc, context.color_range = pictures[0].transfer, 1
        for index, picture in enumerate(pictures):
            frame = encoder_frame(picture)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def tags(path):
    """Pixel format, matrix, primaries, transfer and range of the first picture of a film."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    return frame.format.name, frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range


@pytest.mark.slow
def test_pictures_are_kept_to_the_last_bit_beside_their_conversion(tmp_path):
    pictures = [noise(HLG, seed) for seed in range(3)]
    path = film_of(tmp_path / "film.mp4", pictures)
    read = list(filmed_pictures(path, 25, (WIDTH, HEIGHT)))
    assert len(read) == 3 and film_transfer(path) == HLG
    for before, after, shown in zip(pictures, read, video_frames(path, 25), strict=True):
        np.testing.assert_array_equal(after.kept.luma, before.luma)
        np.testing.assert_array_equal(after.kept.chroma, before.chroma)
        np.testing.assert_array_equal(after.pixels, shown)
    enlarged = next(filmed_pictures(path, 25, (2 * WIDTH, 75)))
    assert enlarged.kept.shape == enlarged.pixels.shape[:2] == (75, 2 * WIDTH)
    assert enlarged.kept.chroma.shape == (38, WIDTH, 2)


@pytest.mark.slow
def test_a_film_of_a_phone_held_upright_is_kept_upright(tmp_path):
    luma = np.full((HEIGHT, WIDTH), 200, np.uint16)
    luma[: HEIGHT // 3] = 700
    chroma = np.full((HEIGHT // 2, WIDTH // 2, 2), 512, np.uint16)
    chroma[:, : WIDTH // 4] = 560
    path = held_upright(film_of(tmp_path / "phone.mp4", [WidePicture(luma, chroma, HLG)]), HEIGHT)
    picture = next(filmed_pictures(path, 25, (HEIGHT, WIDTH)))
    assert picture.kept.shape == picture.pixels.shape[:2] == (WIDTH, HEIGHT)
    np.testing.assert_array_equal(picture.kept.luma > 400, picture.pixels[..., 1] > picture.pixels[..., 1].mean())
    np.testing.assert_array_equal(picture.kept.chroma, np.rot90(chroma, -1))


@pytest.mark.slow
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_what_is_added_is_what_the_conversion_to_bt709_takes_away(tmp_path, transfer):
    """Skin and paper, written by our rule and read by FFmpeg's, have the same 8-bit values again."""
    pixels = np.repeat(np.repeat(PATCHES[None], 16, 0), 16, 1)
    codes = signal(pixels, transfer)
    picture = WidePicture(
        np.rint(codes[..., 0]).astype(np.uint16), np.rint(codes[::2, ::2, 1:]).astype(np.uint16), transfer
    )
    (shown,) = video_frames(film_of(tmp_path / "film.mp4", [picture]), 25)
    difference = np.abs(shown[8, 8::16].astype(int) - PATCHES)
    assert difference[:4].max() <= 3 and difference.max() <= 9  # the last is near the edge of BT.709


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_only_what_differs_is_changed(transfer):
    kept = noise(transfer)
    pixels = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    filmed = FilmedPicture(kept, pixels)
    assert with_change(filmed, pixels.copy()) is kept
    after = pixels.copy()
    after[11:20, 31:41] = (200, 120, 90)
    changed = with_change(filmed, after)
    outside, around = np.ones((HEIGHT, WIDTH), bool), np.ones((HEIGHT // 2, WIDTH // 2), bool)
    outside[11:20, 31:41], around[5:10, 15:21] = False, False
    np.testing.assert_array_equal(changed.luma[outside], kept.luma[outside])
    np.testing.assert_array_equal(changed.chroma[around], kept.chroma[around])
    step = signal(after[15:16, 35:36], transfer) - signal(pixels[15:16, 35:36], transfer)
    moved = changed.luma[12:18, 32:40].astype(int) - kept.luma[12:18, 32:40]
    assert np.abs(moved - step[0, 0, 0]).max() <= 1 and abs(step[0, 0, 0]) > 20
    coloured = changed.chroma[6:9, 16:20].astype(int) - kept.chroma[6:9, 16:20]
    assert np.abs(coloured - step[0, 0, 1:]).max() <= 1 and np.abs(step[0, 0, 1:]).min() > 10


def test_what_is_brighter_than_paper_stays_brighter():
    kept = WidePicture(np.full((8, 8), 900, np.uint16), np.full((4, 4, 2), 512, np.uint16), PQ)
    paper = np.full((8, 8, 3), 255, np.uint8)
    darker = with_change(FilmedPicture(kept, paper), np.full((8, 8, 3), 250, np.uint8))
    assert (darker.luma < 900).all() and (darker.luma > 880).all()
    np.testing.assert_array_equal(darker.chroma, 512)


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "transfer", "num_frames"), [("mp4", HLG, 1), ("mov", PQ, 5), ("mkv", HLG, 2)])
def test_a_film_is_written_with_its_range(tmp_path, suffix, transfer, num_frames):
    """Also one of odd size, whose edge is repeated."""
    smooth = np.linspace(100, 900, WIDTH).astype(np.uint16)
    luma = np.broadcast_to(smooth, (HEIGHT, WIDTH))[:-1, :-1].copy()
    picture = WidePicture(luma, np.full((HEIGHT // 2, WIDTH // 2, 2), 540, np.uint16), transfer)
    path = tmp_path / f"a.{suffix}"
    with VideoWriter(path, 25, WIDTH - 1, HEIGHT - 1, wide_transfer=transfer) as writer:
        for _ in range(num_frames):
            writer.write(picture)
    assert tags(path) == ("yuv420p10le", BT2020, BT2020, transfer, 1)
    read = list(filmed_pictures(path, 25, (WIDTH, HEIGHT)))
    assert len(read) == num_frames
    difference = read[-1].kept.luma[:-1, :-1].astype(int) - luma
    assert np.abs(difference).mean() < 1.5 and np.abs(read[-1].kept.chroma.astype(int) - 540).mean() < 1.5


def test_what_cannot_be_kept_is_refused_with_a_sentence(tmp_path, monkeypatch):
    film = film_of(tmp_path / "film.mp4", [noise()])
    check_wide(film, tmp_path / "dubbed.mkv")
    with pytest.raises(MediaError, match=r"cannot keep.*\.mov or \.mkv"):
        check_wide(film, tmp_path / "dubbed.webm")
    plain = tmp_path / "plain.mp4"
    with VideoWriter(plain, 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
    animated = tmp_path / "animated.webp"  # which FFmpeg does not read
    with VideoWriter(animated, 25, 32, 32) as writer:
        for value in (0, 200):
            writer.write(np.full((32, 32, 3), value, np.uint8))
    assert film_transfer(plain) is film_transfer(animated) is None
    with pytest.raises(MediaError, match="Leave --keep-hdr out"):
        check_wide(plain, tmp_path / "dubbed.mp4")
    monkeypatch.setattr("cemnet.media.wide_range.codecs_available", set())
    with pytest.raises(MediaError, match="Install av 17"):
        check_wide(film, tmp_path / "dubbed.mp4")
