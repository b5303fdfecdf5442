"""Any picture comes in, and what fails says why."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from cemnet.errors import MediaError
from cemnet.media.images import read_image, upscaled
from cemnet.media.pixels import to_uint8


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


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_colour_profile_is_taken_into_account(tmp_path, mode):
    """A linear profile: its middle value is much lighter in sRGB; alpha stays."""
    picture = Image.new("RGB", (8, 8), (128, 128, 128))
    picture = picture.quantize() if mode == "P" else picture.convert(mode)
    if mode == "RGBA":
        picture.putalpha(77)
    picture.save(tmp_path / "linear.png", icc_profile=linear_profile())
    read = (read_image(tmp_path / "linear.png")[0, 0] * 255).round()
    np.testing.assert_allclose(read[:3], 188, atol=1)
    assert mode != "RGBA" or read[3] == 77


def test_a_damaged_profile_is_passed_over(tmp_path):
    for profile in (b"none", linear_profile()[:200]):
        Image.new("RGB", (8, 8), (128, 90, 60)).save(tmp_path / "a.png", icc_profile=profile)
        np.testing.assert_allclose(read_image(tmp_path / "a.png")[0, 0] * 255, (128, 90, 60), atol=0.1)


def linear_profile() -> bytes:
    """sRGB's profile with straight curves: in an ICC file a curve without points ('curv', count 0) is the identity."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        entry = profile.index(name, 128)
        start = int.from_bytes(profile[entry + 4 : entry + 8], "big")
        profile[start : start + 12] = b"curv" + bytes(8)
        profile[entry + 8 : entry + 12] = (12).to_bytes(4, "big")
    return bytes(profile)
