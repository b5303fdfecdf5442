"""A sheet to look at after filmed faces were tracked: some films, with the fitted face drawn on their frames."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from ...arkit import ARKIT_INDEX, ARKIT_NAMES
from ...inspection.contact_sheet import TILE
from ...media.video_reader import video_frames
from ...types import MOTION_FPS
from .clips import Clip, clip_path, load_clip
from .preparation import Tracker, open_tracker
from .readers import Recording, read_corpus

MOST_FILMS, MARGIN = 12, 0.35  # share of the face's size on each side


def tracking_sheet(source: str, folder: Path, output: Path, landmarker: Path | None = None) -> Image.Image | None:
    """A row for each of up to MOST_FILMS films, evenly chosen: its start, its widest jaw, its strongest expression.

    None where no film was tracked. Dots are the landmarks of the fitted face, which should lie on the filmed one.
    """
    recordings = [each for each in read_corpus(source, folder) if each.video is not None]
    made = [each for each in recordings if clip_path(output, each.name).exists()]
    evenly = np.unique(np.linspace(0, len(made) - 1, min(MOST_FILMS, len(made))).round().astype(int))
    pairs = [(made[index], load_clip(clip_path(output, made[index].name))) for index in evenly]
    chosen = [(recording, clip) for recording, clip in pairs if clip.confidence is not None]
    if not chosen:
        return None
    tracker = open_tracker(landmarker)
    rows = [film_tiles(recording, clip, tracker) for recording, clip in chosen]
    sheet = Image.new("RGB", (3 * TILE, len(rows) * TILE))
    for row, tiles in enumerate(rows):
        for column, picture in enumerate(tiles):
            sheet.paste(picture, (column * TILE, row * TILE))
    return sheet


def film_tiles(recording: Recording, clip: Clip, tracker: Tracker) -> list[Image.Image]:
    """Three frames of a tracked film; a frame that shows no face is drawn without dots."""
    assert recording.video is not None and clip.expression is not None and clip.confidence is not None
    jaw, strength = clip.expression[:, ARKIT_INDEX["jawOpen"]], clip.expression.sum(1)
    wanted = [0, int((jaw * clip.confidence).argmax()), int((strength * clip.confidence).argmax())]
    frames = {
        number: image for number, image in enumerate(video_frames(recording.video, MOTION_FPS)) if number in wanted
    }
    tiles = []
    for number in (min(number, max(frames)) for number in wanted):
        strongest = clip.expression[number].argsort(descending=True)[:2].tolist()
        says = ", ".join(f"{ARKIT_NAMES[index]} {clip.expression[number, index]:.2f}" for index in strongest)
        label = f"{recording.name} {number / MOTION_FPS:.2f} s, trust {clip.confidence[number]:.2f}\n{says}"
        tiles.append(_tile(frames[number], tracker, label))
    return tiles


def _tile(image: UInt8[np.ndarray, "height width 3"], tracker: Tracker, label: str) -> Image.Image:
    landmarker, basis = tracker
    points, box = np.zeros((0, 2)), (0, 0, image.shape[1], image.shape[0])
    faces = landmarker.detect(image, max_faces=1)
    if faces:
        fit = basis.fit(faces[0])
        points = basis.project(fit.pose, basis.shape(fit.identity, fit.expression.astype(np.float64)))[:, :2]
        low, high = points.min(0), points.max(0)
        corner, half = (low + high) / 2, (0.5 + MARGIN) * float((high - low).max())
        box = tuple(np.concatenate([corner - half, corner + half]).round().astype(int).tolist())
    tile = Image.fromarray(image).crop(box).resize((TILE, TILE), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(tile)
    for x, y in (points - box[:2]) * TILE / (box[2] - box[0]):
        draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=(90, 255, 90))
    draw.rectangle((0, TILE - 32, TILE, TILE), fill="black")
    draw.multiline_text((4, TILE - 30), label, fill="white")
    return tile
