"""Any picture and sound comes in, sound videos go out, and what fails says why."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from made_media import tone, write_sound
from PIL import Image

from cemnet.errors import MediaError
from cemnet.media.images import read_image, upscaled
from cemnet.media.pixels import from_uint8, to_uint8
from cemnet.media.sound import mixed_sound, read_audio
from cemnet.media.video_reader import video_fps, video_frames
from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio

FORMATS = [
    ("wav", "pcm_s16le", 44_100, 2),
    ("wav", "pcm_f32le", 48_000, 1),
    ("wav", "pcm_u8", 8_000, 1),
    ("wav", "pcm_s24le", 96_000, 6),
    ("flac", "flac", 16_000, 1),
    ("mp3", "libmp3lame", 44_100, 2),
    ("m4a", "aac", 48_000, 2),
    ("ogg", "libopus", 48_000, 1),
    ("opus", "libopus", 48_000, 2),
]


@pytest.mark.parametrize("suffix, codec, rate, num_channels", FORMATS)
def test_sound_is_read_whatever_its_format_rate_and_channels(tmp_path, suffix, codec, rate, num_channels):
    expected = tone(num_channels, rate)
    audio = read_audio(write_sound(tmp_path / f"tone.{suffix}", codec, rate, expected.numpy()))
    assert audio.sample_rate == rate
    assert audio.waveform.shape[0] == num_channels
    assert audio.duration_seconds == pytest.approx(1.0, abs=0.03)
    assert audio.waveform[0].std() == pytest.approx(float(expected[0].std()), abs=0.03)


def test_the_sound_of_a_video_is_read(tmp_path):
    path = tmp_path / "with_sound.mp4"
    with VideoWriter(path, 25, 32, 32, Audio(tone(1, 16_000), 16_000)) as writer:
        for _ in range(25):
            writer.write(np.zeros((32, 32, 3), np.float32))
    assert read_audio(path).duration_seconds == pytest.approx(1.0, abs=0.07)


def test_silence_is_not_an_error(tmp_path):
    assert (
        read_audio(write_sound(tmp_path / "a.wav", "pcm_s16le", 8_000, np.zeros((1, 8_000), "f4"))).waveform.max() == 0
    )


def test_samples_that_are_not_numbers_become_silence_and_loud_ones_are_scaled(tmp_path):
    waveform = np.full((1, 8_000), 2.0, np.float32)
    waveform[0, 100:200] = np.nan
    read = read_audio(write_sound(tmp_path / "a.wav", "pcm_f32le", 8_000, waveform)).waveform
    assert read.isfinite().all()
    assert read.abs().max() == 1.0


def test_too_short_sound_is_refused_and_a_tenth_of_a_second_is_not(tmp_path):
    with pytest.raises(MediaError, match="longer recording"):
        read_audio(write_sound(tmp_path / "a.wav", "pcm_s16le", 8_000, np.zeros((1, 300), "f4")))
    assert read_audio(write_sound(tmp_path / "b.wav", "pcm_s16le", 8_000, np.zeros((1, 800), "f4")))


@pytest.mark.parametrize("content", [b"", b"not a sound", bytes(range(256)) * 100, b"RIFF\x24\0\0\0WAVEfmt "])
def test_what_is_no_sound_is_explained(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"Export it again|longer recording"):
        read_audio(path)


def test_missing_files_and_silent_videos_are_explained(tmp_path):
    with pytest.raises(MediaError, match="Check the path"):
        read_audio(tmp_path / "nothing.wav")
    with pytest.raises(MediaError, match="Check the path"):
        read_audio(tmp_path)
    with VideoWriter(tmp_path / "mute.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    with pytest.raises(MediaError, match="no sound track"):
        read_audio(tmp_path / "mute.mp4")


def test_a_damaged_packet_does_not_lose_the_rest(tmp_path):
    path = write_sound(tmp_path / "a.mp3", "libmp3lame", 44_100, tone(1, 44_100, 3.0).numpy())
    content = bytearray(path.read_bytes())
    content[5_000:5_300] = bytes(300)
    path.write_bytes(content)
    assert read_audio(path).duration_seconds == pytest.approx(3.0, abs=0.3)


def colours(size: tuple[int, int] = (6, 4)) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    "mode, channels", [("RGB", 3), ("RGBA", 4), ("L", 3), ("LA", 4), ("P", 3), ("1", 3), ("CMYK", 3)]
)
def test_every_colour_mode_is_read(tmp_path, mode, channels):
    path = tmp_path / ("a.tiff" if mode == "CMYK" else "a.png")
    picture = colours().convert(mode)
    picture.save(path)
    read = read_image(path)
    assert read.shape == (4, 6, channels)
    np.testing.assert_array_equal(to_uint8(read)[..., :3], np.asarray(picture.convert("RGB")))


def test_sixteen_bit_greys_keep_their_range(tmp_path):
    Image.fromarray(np.array([[0, 32_768, 65_535]], np.uint16)).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_image(tmp_path / "a.png")[0, :, 0], [0, 0.5, 1], atol=0.01)


def test_a_rotated_photo_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    colours().save(tmp_path / "a.png", exif=exif)
    read = to_uint8(read_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(read, np.rot90(np.asarray(colours()), -1))


def test_of_an_animation_the_first_frame_is_read(tmp_path):
    frames = [Image.new("RGB", (5, 5), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "a.gif")[0, 0].tolist() == [1, 0, 0]


def png_of(width: int, height: int) -> bytes:
    """A PNG header that promises a size, and no pixels."""

    def block(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + block(b"IHDR", header) + block(b"IDAT", zlib.compress(b"\0" * 100)) + block(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(9_000, 9_000), (12_000, 12_000), (60_000, 60_000)])
def test_huge_pictures_are_refused_before_they_fill_the_memory(tmp_path, size):
    (tmp_path / "a.png").write_bytes(png_of(*size))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MediaError, match="megapixels"):
            read_image(tmp_path / "a.png")


def test_what_is_no_picture_is_explained(tmp_path):
    path = tmp_path / "a.png"
    for content, message in ((b"", "not a picture"), (b"hello", "not a picture"), (png_of(50, 50), "damaged")):
        path.write_bytes(content)
        with pytest.raises(MediaError, match=message):
            read_image(path)
    buffer = io.BytesIO()
    colours((300, 300)).save(buffer, "JPEG")
    path.write_bytes(buffer.getvalue()[:2_000])
    with pytest.raises(MediaError, match="damaged"):
        read_image(path)
    for missing in (tmp_path, tmp_path / "b.png"):
        with pytest.raises(MediaError, match="Check the path"):
            read_image(missing)


def test_bytes_and_floats_convert_without_loss():
    values = np.arange(256, dtype=np.uint8).reshape(4, 64, 1)
    np.testing.assert_array_equal(to_uint8(from_uint8(values)), values)
    assert to_uint8(np.array([[[-1.0, 2.0, np.nan]]], np.float32)).tolist() == [[[0, 255, 0]]]


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


def test_a_picture_is_enlarged_without_losing_its_range_or_alpha():
    picture = torch.zeros(10, 20, 4)
    picture[:, 10:] = 1
    large = upscaled(picture, 2.0)
    assert large.shape == (20, 40, 4)
    assert large.min() == 0 and large.max() == 1
    assert large[:, :16].max() < 0.05 and large[:, 24:].min() > 0.95
    assert upscaled(picture, 1.0) is picture
    with pytest.raises(MediaError, match="1 to 4 times"):
        upscaled(picture, 9.0)


def test_an_enlarged_gradient_is_as_smooth_as_before():
    ramp = torch.linspace(0, 1, 21).view(1, 21, 1).expand(8, -1, 3).contiguous()
    steps = upscaled(ramp, 4.0)[16, 16:-16].diff(dim=0)  # away from the borders
    torch.testing.assert_close(steps, torch.full_like(steps, 1 / 80), atol=2e-3, rtol=0)


def test_voices_are_mixed_at_the_highest_rate_without_clipping():
    low, high = Audio(tone(1, 8_000, 0.5), 8_000), Audio(torch.full((2, 16_000), 0.9), 16_000)
    mixed = mixed_sound([low, high])
    assert mixed.sample_rate == 16_000 and mixed.waveform.shape == (1, 16_000)
    assert mixed.waveform.abs().max() <= 1
    assert mixed.waveform[0, 12_000:].std() < 0.01 < mixed.waveform[0, :6_000].std()
    assert mixed_sound([low]) is low
