"""Any picture and sound comes in, sound videos go out, and what fails says why."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from cemnet.errors import MediaError
from cemnet.media import VideoWriter, from_uint8, read_audio, read_image, to_uint8
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


@pytest.mark.parametrize("width, height", [(64, 48), (63, 47), (33, 32)])
def test_frames_come_back_with_their_colours_and_even_sizes(tmp_path, width, height):
    colour = np.array([0.9, 0.3, 0.1], np.float32)
    with VideoWriter(tmp_path / "a.mp4", 25, width, height) as writer:
        for _ in range(10):
            writer.write(np.broadcast_to(colour, (height, width, 3)).copy())
    frames, stream = video(tmp_path / "a.mp4")
    assert frames.shape == (10, height + height % 2, width + width % 2, 3)
    assert stream.codec_context.name == "h264" and stream.codec_context.pix_fmt == "yuv420p"
    with av.open(str(tmp_path / "a.mp4")) as container:
        decoded = next(container.decode(video=0))
        shown = decoded.reformat(format="rgb24", src_colorspace="ITU709", src_color_range="MPEG").to_ndarray()
    np.testing.assert_allclose(shown.mean((0, 1)) / 255, colour, atol=0.02)


def test_a_gradient_keeps_its_direction_and_the_padding_repeats_the_edge(tmp_path):
    ramp = np.linspace(0, 1, 63, dtype=np.float32)[None, :, None].repeat(47, 0).repeat(3, 2)
    with VideoWriter(tmp_path / "a.mp4", 25, 63, 47) as writer:
        writer.write(ramp)
    frame = video(tmp_path / "a.mp4")[0][0].astype(float)
    assert abs(frame[20, 0].mean() - 0) < 12 and abs(frame[20, 62].mean() - 255) < 12
    assert abs(frame[:, 63] - frame[:, 62]).max() < 12


def test_transparent_frames_are_laid_on_white(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 4), np.float32))
    assert video(tmp_path / "a.mp4")[0].min() > 250


@pytest.mark.parametrize("fps", [24.0, 25.0, 30_000 / 1001, 60.0])
def test_the_frame_rate_is_kept(tmp_path, fps):
    with VideoWriter(tmp_path / "a.mp4", fps, 32, 32) as writer:
        for _ in range(5):
            writer.write(np.zeros((32, 32, 3), np.float32))
    assert float(video(tmp_path / "a.mp4")[1].average_rate) == pytest.approx(fps, rel=1e-6)


@pytest.mark.parametrize(
    "rate, channels", [(16_000, 1), (44_100, 2), (48_000, 6), (11_111, 1), (192_000, 2), (48_000, 3)]
)
def test_the_whole_sound_is_written_in_step(tmp_path, rate, channels):
    """A click at 0.9 s stays there, and sound longer or shorter than the pictures stays whole."""
    waveform = torch.zeros(channels, round(rate * 1.3))
    waveform[:, round(rate * 0.9) :] = tone(channels, rate, 0.4)
    with VideoWriter(tmp_path / "a.mp4", 25, 32, 32, Audio(waveform, rate)) as writer:
        for _ in range(25):
            writer.write(np.zeros((32, 32, 3), np.float32))
    read = read_audio(tmp_path / "a.mp4")
    assert read.duration_seconds == pytest.approx(1.3, abs=0.07)
    onset = int((read.waveform[0].abs() > 0.1).nonzero()[0]) / read.sample_rate
    assert onset == pytest.approx(0.9, abs=0.01)


def test_the_video_says_what_it_is_and_starts_playing_at_once(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 25, 32, 32, metadata={"comment": "generated face"}) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.metadata["comment"] == "generated face"
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_an_interrupted_video_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
        raise KeyboardInterrupt
    with pytest.raises(MediaError, match="No frame"), VideoWriter(tmp_path / "a.mp4", 25, 32, 32):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_existing_video_survives_unless_overwriting_is_allowed(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("precious")
    with pytest.raises(MediaError, match="exists already"):
        VideoWriter(path, 25, 32, 32)
    with pytest.raises(RuntimeError), VideoWriter(path, 25, 32, 32, overwrite=True):
        raise RuntimeError
    assert path.read_text() == "precious"
    with VideoWriter(path, 25, 32, 32, overwrite=True) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    assert len(video(path)[0]) == 1


def test_bad_targets_and_frames_are_explained(tmp_path):
    with pytest.raises(MediaError, match="folder"):
        VideoWriter(tmp_path / "none" / "a.mp4", 25, 32, 32)
    with pytest.raises(MediaError, match="must end in"):
        VideoWriter(tmp_path / "a.txt", 25, 32, 32)
    with pytest.raises(MediaError, match="does not fit"), VideoWriter(tmp_path / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((30, 32, 3), np.float32))
