"""Reads pictures: decoded, upright, of a bounded size, enlarged where asked."""

import logging
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError, features
from torch import Tensor

from ..errors import MediaError
from .picture_files import ANIMATED_FORMATS, open_picture
from .pixels import from_uint8

LARGEST_UPSCALE = 4.0


def read_image(path: Path | str) -> Float[Tensor, "height width channel"]:
    """An upright sRGB picture, 0 to 1, with 3 channels, or 4 where it is transparent.

    Of an animated picture it is the first one, with a warning.
    MediaError where the file is missing, damaged, no picture, or has more than LARGEST_MEGAPIXELS.
    """
    path = Path(path)
    try:
        with open_picture(path) as picture:
            if picture.format in ANIMATED_FORMATS and getattr(picture, "is_animated", False):
                logging.getLogger(__name__).warning(
                    f"{path} is animated, and its first picture is taken. `cemnet dub --video {path.name}` takes all."
                )
            return from_uint8(_upright_pixels(picture))
    except (FileNotFoundError, IsADirectoryError):
        raise MediaError(f"There is no picture at {path}. Check the path.") from None
    except UnidentifiedImageError:
        raise MediaError(f"{path} is not a picture that can be read. Use PNG, JPEG, WebP or HEIC.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(
            f"The picture {path} is damaged or of an unsupported kind ({error}). Save it again."
        ) from error


def _upright_pixels(picture: Image.Image) -> UInt8[np.ndarray, "height width channel"]:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith(("I", "F")):  # 16-bit, 32-bit and float greys, which Pillow would clip at 255
        grey = np.nan_to_num(np.asarray(upright, np.float64))
        span = 1.0 if grey.max() <= 1.0 else 255.0 if grey.max() <= 255.0 else 65535.0
        return np.repeat((grey / span * 255).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    upright = _in_srgb(upright)
    transparent = upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info
    return np.array(upright.convert("RGBA" if transparent else "RGB"))


def _in_srgb(picture: Image.Image) -> Image.Image:
    """A picture whose colour profile (ICC) is taken into account; the same one where it has none that can be used."""
    profile = picture.info.get("icc_profile")
    if not profile or not features.check("littlecms2"):
        return picture
    alpha = None
    if picture.mode not in ("RGB", "L", "CMYK"):
        transparent = picture.has_transparency_data
        picture = picture.convert("RGBA" if transparent else "RGB")
        alpha = picture.getchannel("A") if transparent else None
        picture = picture.convert("RGB")
    try:
        converted = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError):  # a profile that is damaged, or made for another kind of picture
        converted = picture
    assert converted is not None
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def enlarged_size(width: int, height: int, factor: float) -> tuple[int, int]:
    """Width and height in pixels times a factor; MediaError for a factor outside 1 to LARGEST_UPSCALE."""
    if not 1.0 <= factor <= LARGEST_UPSCALE:
        raise MediaError(f"A picture can be enlarged 1 to {LARGEST_UPSCALE:g} times, not {factor:g} times.")
    return round(width * factor), round(height * factor)


def upscaled(
    picture: Float[Tensor, "height width channel"], factor: float
) -> Float[Tensor, "newheight newwidth channel"]:
    """A picture (0 to 1) enlarged with Lanczos' filter; MediaError for a factor outside 1 to LARGEST_UPSCALE."""
    if factor == 1.0:
        return picture
    size = enlarged_size(picture.shape[1], picture.shape[0], factor)
    enlarged = cv2.resize(picture.numpy(), size, interpolation=cv2.INTER_LANCZOS4)
    return torch.from_numpy(enlarged.clip(0, 1))
