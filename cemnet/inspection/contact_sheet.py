"""Contact sheets: the portrait and some frames of a performance side by side, cropped to the face."""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

from ..output_file import OutputFile, check_output
from ..render.renderer import FaceRenderer
from ..types import FaceReference, Motion

TILE = 320
SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def face_square(face: FaceReference, margin: float = 1.8) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, in pixels, of a square around the face, `margin` times as large as the face."""
    left, top, right, bottom = face.landmarks.box
    half = margin * max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def tile(frame: Float[np.ndarray, "height width channel"], box: tuple[int, int, int, int], label: str) -> Image.Image:
    """The part of a frame (0 to 1) inside a box, as a square picture with a label in its corner."""
    picture = Image.fromarray((frame[..., :3] * 255).round().clip(0, 255).astype(np.uint8)).crop(box)
    picture = picture.resize((TILE, TILE), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, TILE - 18, 8 + draw.textlength(label), TILE), fill="black")
    draw.text((4, TILE - 16), label, fill="white")
    return picture


def check_contact_sheet(path: Path, overwrite: bool) -> None:
    """Raises MediaError where a contact sheet cannot be written: see `check_output`."""
    check_output(path, overwrite, SHEET_SUFFIXES, "contact sheet", new_folder=True)


def save_contact_sheet(
    path: Path, renderer: FaceRenderer, face: FaceReference, motion: Motion, overwrite: bool = False, columns: int = 6
) -> None:
    """Writes a picture of the portrait and of evenly spaced frames in two rows.

    Its folder is made where it is missing. MediaError where the name ends otherwise than in one of SHEET_SUFFIXES,
    and where the file exists (unless `overwrite`) or cannot be written.
    """
    check_contact_sheet(path, overwrite)
    box = face_square(face)
    tiles = [tile(face.image.numpy(), box, "portrait")]
    prepared = renderer.prepare(face)
    for index in np.linspace(0, motion.num_frames - 1, 2 * columns - 1).round().astype(int).tolist():
        frame = renderer.frame(prepared, *motion.pose(index))
        tiles.append(tile(frame, box, f"{index / motion.fps:.2f} s"))
    sheet = Image.new("RGB", (columns * TILE, 2 * TILE))
    for position, picture in enumerate(tiles):
        sheet.paste(picture, (position % columns * TILE, position // columns * TILE))
    path.parent.mkdir(parents=True, exist_ok=True)
    with OutputFile(path, overwrite) as output:
        sheet.save(output.partial)
