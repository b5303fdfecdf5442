"""Renders and measures portraits that are hard to animate.

    python train/portraits.py --portraits FOLDER --ict FILE --output FOLDER

Writes a sheet of fourteen hard portraits with seven expressions each, and sheets of mouths and eyes at 100 %. Prints
the measures of `evaluation.picture.measures`.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float
from PIL import Image

from cemnet import pipeline
from cemnet.arkit import ARKIT_INDEX, EMOTIONS, Emotion
from cemnet.evaluation.picture.hard_portraits import hard_portraits, weights
from cemnet.evaluation.picture.measures import STILL, breathing, seam, sharpness_kept, teeth_jitter
from cemnet.inspection.contact_sheet import face_square, tile
from cemnet.media.pixels import from_uint8
from cemnet.model import CEMNet
from cemnet.render.renderer import FaceRenderer, PreparedFace
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.types import FaceReference

SHOWN: tuple[Emotion, ...] = tuple(emotion for emotion in EMOTIONS if emotion not in ("neutral", "contempt"))
CLOSE_UP = (220, 150)  # pixels
JAW_OPEN = ARKIT_INDEX["jawOpen"]


def expressions() -> dict[str, Float[np.ndarray, "expression"]]:
    """The six emotions, half of them speaking, and a blink."""
    person = Person.average()
    shown = {}
    for index, emotion in enumerate(SHOWN):
        shown[emotion] = np.asarray(person.show(emotion, 0.9), np.float32)
        if index % 2 == 0:
            shown[emotion][JAW_OPEN] = max(shown[emotion][JAW_OPEN], 0.35)
    return {**shown, "blink": weights(eyeBlink=1.0)}


def close_up(picture: np.ndarray, points: np.ndarray) -> Image.Image:
    """The pixels around the middle of some points, not scaled; CLOSE_UP is the size."""
    centre, (width, height) = points.mean(0).round().astype(int), CLOSE_UP
    matrix = np.array([[1.0, 0.0, width / 2 - centre[0]], [0.0, 1.0, height / 2 - centre[1]]])
    pixels = cv2.warpAffine((255 * picture[..., :3]).round().astype(np.uint8), matrix, CLOSE_UP)
    return Image.fromarray(pixels)


def picture_row(
    renderer: FaceRenderer, face: FaceReference, prepared: PreparedFace, name: str
) -> list[list[Image.Image]]:
    """Tiles of the whole face, close-ups of the mouth and close-ups of the eyes."""
    box, points = face_square(face, 1.4), face.landmarks.points[:, :2]
    large = np.linalg.norm(points[33] - points[263]) > CLOSE_UP[0]  # both eyes do not fit
    tiles, mouths, eyes = [tile(prepared.image, box, name)], [], []
    for label, expression in expressions().items():
        frame = renderer.frame(prepared, expression, STILL)
        tiles.append(tile(frame, box, label))
        mouths.append(close_up(frame, points[[61, 291, 13, 14]]))
        eyes.append(close_up(frame, points[[33, 133]] if large else points[[33, 263, 168]]))
    return [tiles, mouths, eyes]


def save_sheet(path: Path, rows: list[list[Image.Image]]) -> None:
    """Writes rows of pictures of one size into one file."""
    width, height = rows[0][0].size
    sheet = Image.new("RGB", (width * max(map(len, rows)), height * len(rows)))
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            sheet.paste(picture, (across * width, down * height))
    sheet.save(path)
    print(f"Wrote {path}")


def measures(renderer: FaceRenderer, prepared: PreparedFace) -> str:
    """One line of the printed table; its columns are named in `print_heading`."""
    seams = [seam(renderer, prepared, expression) for expression in expressions().values()]
    moved = " ".join(f"{value:6.2f}" for value in breathing(prepared).values())
    shaking, flicker = teeth_jitter(renderer, prepared)
    _, unrefined = teeth_jitter(FaceRenderer(renderer.basis, renderer.mouth), prepared)
    kept = sharpness_kept(renderer, prepared)
    return f"{max(seams):7.2f}  {moved}  {100 * kept:5.0f} %  {shaking:8.3f}  {flicker:7.2f}  {unrefined:9.2f}"


def print_heading() -> None:
    """Explains and names the columns of the table."""
    print(
        "Steepest seam of the mouth (grey levels of 255 above its neighbourhood); hair, cheeks and chin moving with a\n"
        "dropping jaw (% of the face's height); detail kept by a turn; teeth shaking (%) and flickering (grey\n"
        "levels, with the refiner and without)"
    )
    moving, teeth = f"{'hair':>6s} {'cheeks':>6s} {'chin':>6s}", f"{'shaking':>8s}  {'flicker':>7s}  {'without':>9s}"
    print(f"{'':16s} {'seam':>7s}  {moving}  {'detail':>7s}  {teeth}")


def main() -> None:
    """Renders and measures every hard portrait."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portraits", type=Path, required=True, help="a folder of portraits")
    parser.add_argument("--ict", type=Path, required=True, help="ict_facekit_light.npz, see train/convert_ict.py")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    model: CEMNet = pipeline.load_model(device="cpu")
    rows = []
    print_heading()
    for name, pixels in hard_portraits(arguments.portraits, arguments.ict):
        face = pipeline.face_reference(model, from_uint8(pixels))
        prepared = model.renderer.prepare(face)
        rows.append(picture_row(model.renderer, face, prepared, name))
        print(f"{name:16s} {measures(model.renderer, prepared)}", flush=True)
    for index, kind in enumerate(("faces", "mouths", "eyes")):
        save_sheet(arguments.output / f"{kind}.png", [row[index] for row in rows])


if __name__ == "__main__":
    main()
