"""Opens picture files with Pillow, those of phones (HEIC) with a package of their own, and plays animated pictures."""

import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from ..errors import MediaError

LARGEST_MEGAPIXELS = 64
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # ISO/IEC 23008-12
AVIF_BRANDS = (b"avif", b"avis")
HEIF_PACKAGES = ("pillow_heif", "pi_heif")  # the second one is the first without its encoder
ANIMATED_FORMATS = ("GIF", "PNG", "WEBP", "AVIF")  # others of several pictures are pages, or views of one photo
SHORTEST_MILLISECONDS, SHORT_MILLISECONDS = 10.0, 100.0  # players show what has the first, or less, as long as that


def open_picture(path: Path) -> Image.Image:
    """A picture whose pixels are not decoded yet.

    What Pillow raises; MediaError for what is not installed, and for more than LARGEST_MEGAPIXELS.
    """
    brand = _brand(path)
    if brand in HEIF_BRANDS:
        _register_heif(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its size, which is checked below, and of what is not installed
            picture = Image.open(path)
    except Image.DecompressionBombError:
        raise _too_large(path) from None
    except UnidentifiedImageError:
        if brand in AVIF_BRANDS:
            raise MediaError(f"{path} is an AVIF picture. Install pillow 11.3 or newer, or save it as PNG.") from None
        raise
    if picture.width * picture.height > LARGEST_MEGAPIXELS * 1e6:
        picture.close()
        raise _too_large(path)
    return picture


def is_animated(path: Path) -> bool:
    """Whether a file is a picture of several that follow each other (GIF, APNG, WebP, AVIF)."""
    try:
        with open_picture(path) as picture:
            return picture.format in ANIMATED_FORMATS and getattr(picture, "is_animated", False)
    except (OSError, SyntaxError, ValueError, EOFError):
        return False


def animation(path: Path) -> Iterator[tuple[float, UInt8[np.ndarray, "height width 4"]]]:
    """The pictures of an animated one, with alpha, and how many seconds each is shown.

    What is damaged ends it, as players do; MediaError where not even the first picture can be read.
    """
    number = 0
    try:
        with open_picture(path) as picture:
            while True:
                picture.seek(number)
                pixels = np.array(picture.convert("RGBA"))
                shown = float(picture.info.get("duration") or 0)
                yield (shown if shown > SHORTEST_MILLISECONDS else SHORT_MILLISECONDS) / 1000, pixels
                number += 1
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, MediaError):
            raise
        if number == 0:
            raise MediaError(f"{path} cannot be read as an animated picture ({error}). Save it again.") from error


def animation_rate(path: Path) -> float:
    """The mean number of pictures a second; a whole number where the times are one, rounded to milliseconds."""
    shown = [seconds for seconds, _ in animation(path)]
    rate = len(shown) / sum(shown)
    whole = max(1, round(rate))
    return float(whole) if abs(len(shown) / whole - sum(shown)) < 0.001 else rate


def _too_large(path: Path) -> MediaError:
    return MediaError(f"The picture {path} has more than {LARGEST_MEGAPIXELS} megapixels. Scale it down.")


def _brand(path: Path) -> bytes:
    """What a file of ISO's base format says it is, else other bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return b""
    return head[8:] if head[4:8] == b"ftyp" else b""


def _register_heif(path: Path) -> None:
    for name in HEIF_PACKAGES:
        try:
            import_module(name).register_heif_opener()
        except ImportError:
            continue
        return
    raise MediaError(f"{path} is a HEIC picture, as phones take them. pip install pillow-heif, or save it as JPEG.")
