"""Portraits that are hard to animate, made from ordinary ones and from rendered heads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from ...arkit import NUM_EXPRESSIONS, arkit_indices
from ...media.images import read_image
from ...media.pixels import to_uint8
from ...training.heads.deep_sockets import DeepSocketRenderer, with_deep_sockets
from ...training.heads.head_renderer import HeadRenderer, Look
from ...training.heads.ict_head import HeadModel, rotation, sample_identity
from ...training.heads.render_dataset import FACE_CENTRE, PORTRAIT_SCALE
from ...types import Pose

Pixels = UInt8[np.ndarray, "height width 3"]
Resized = UInt8[np.ndarray, "newheight newwidth 3"]
LARGE_SIDE, SMALL_FACE_SIDE = 2160, 168  # pixels of the picture; a face in the small one is about 128 pixels high
DARKNESS, DARK_NOISE = 0.28, 0.012
HEAD_SIDE = 768
# Yaw and pitch in degrees, the seed of the person, and what the face shows.
HEADS = {
    "yaw 35°": (35, 0, 3, {}),
    "yaw −35°": (-35, 5, 4, {}),
    "pitch −20°": (8, -20, 5, {}),
    "pitch 20°": (-8, 20, 6, {}),
    "laughing": (10, 0, 11, {"mouthSmile": 0.9, "jawOpen": 0.45, "mouthUpperUp": 0.4, "cheekSquint": 0.6}),
}

DEEP_SET: tuple[float, float, int, dict[str, float]] = (6, 0, 1, {})


def large(picture: Pixels) -> Resized:
    """The picture enlarged to LARGE_SIDE."""
    return scaled_to(picture, LARGE_SIDE)


def small(picture: Pixels) -> Resized:
    """The picture reduced to SMALL_FACE_SIDE."""
    return scaled_to(picture, SMALL_FACE_SIDE)


def scaled_to(picture: Pixels, side: int) -> Resized:
    """The picture with a longer side of `side` pixels."""
    factor = side / max(picture.shape[:2])
    way = cv2.INTER_LANCZOS4 if factor > 1 else cv2.INTER_AREA
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=way)


def grey(picture: Pixels) -> Pixels:
    """The picture in black and white, as three equal channels."""
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)


def dark(picture: Pixels) -> Pixels:
    """The picture underexposed, with the noise of a sensor; the same noise every time."""
    noise = np.random.default_rng(0).normal(0, DARK_NOISE, picture.shape)
    return to_uint8(DARKNESS * (picture / 255.0) ** 1.4 + noise)


def lying(picture: Pixels) -> Resized:
    """The picture turned by 90 degrees, counterclockwise."""
    return np.ascontiguousarray(np.rot90(picture))


def cut(picture: Pixels) -> Resized:
    """The part of the picture right of two fifths of its width: a border through the cheek of a face in the middle."""
    return np.ascontiguousarray(picture[:, 2 * picture.shape[1] // 5 :])


def tall(picture: Pixels) -> Resized:
    """The picture at the top of a frame of 9:16; its last row is repeated below it."""
    height, width = picture.shape[:2]
    return cv2.copyMakeBorder(picture, 0, max(16 * width // 9 - height, 0), 0, 0, cv2.BORDER_REPLICATE)


CHANGES: dict[str, Callable[[Pixels], Resized]] = {
    "2160 pixels": large, "128 pixels": small, "black and white": grey, "low light": dark, "lying": lying, "9:16": tall,
    "cut by the border": cut,
}  # fmt: skip


def hard_portraits(folder: Path, ict: Path) -> Iterator[tuple[str, Pixels]]:
    """Fourteen named pictures: a portrait as it is, others of the folder made hard in some way, and rendered heads."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
    originals = [to_uint8(read_image(path)[..., :3]) for path in paths]
    yield paths[0].stem, originals[0]
    for index, (name, change) in enumerate(CHANGES.items(), start=1):
        yield name, change(originals[index % len(originals)])
    renderer = HeadRenderer(HeadModel.load(ict), HEAD_SIDE)
    for name, (yaw, pitch, seed, shown) in HEADS.items():
        yield name, rendered_head(renderer, yaw, pitch, seed, shown)
    yield "deep-set eyes", rendered_head(DeepSocketRenderer(renderer.model, HEAD_SIDE), *DEEP_SET)


def rendered_head(renderer: HeadRenderer, yaw: float, pitch: float, seed: int, shown: dict[str, float]) -> Pixels:
    """One head of a random person, turned by yaw and pitch (degrees), with some blendshapes by name."""
    rng = np.random.default_rng(seed)
    turn = rotation(float(np.radians(yaw)), float(np.radians(pitch)), 0.0)
    scale = 0.9 * PORTRAIT_SCALE * HEAD_SIDE / 512
    middle = np.array([HEAD_SIDE / 2, HEAD_SIDE / 2, 0.0]) - scale * (turn @ FACE_CENTRE) * [1, -1, -1]
    identity, look = sample_identity(rng), Look.sample_portrait(rng)
    vertices = renderer.model.vertices(identity, weights(**shown))
    if isinstance(renderer, DeepSocketRenderer):
        vertices = with_deep_sockets(renderer.model, vertices)
    return renderer.render(vertices, Pose(turn, scale, middle), look)


def weights(**shown: float) -> Float[np.ndarray, "expression"]:
    """An expression from blendshapes by name; a stem without a side, such as eyeBlink, stands for both sides."""
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, weight in shown.items():
        expression[arkit_indices(name)] = weight
    return expression
