"""Measures of rendered portraits that need no target picture: seams, moving hair, sharpness, shaking teeth."""

from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float

from ...face.landmark_indices import CHIN, NOSE
from ...render.canvas import CANVAS_FACE_HEIGHT
from ...render.contours import OpeningContour
from ...render.displacement_field import read_at
from ...render.renderer import CONTROL_INDICES, FaceRenderer, PreparedFace, ring_displacements
from .hard_portraits import weights

STILL = np.zeros(3, np.float32)
BESIDE = (-4, -3, 3, 4)  # pixels from a border at which its neighbourhood is measured
HAIR_REACH = 1.35  # from the middle of the face over the top of the forehead
CHEEK = (205, 425)
SWAY = 0.05  # radians
NUM_SWAY_FRAMES = 40
SPEAKING = weights(jawOpen=0.35, mouthSmile=0.4, mouthUpperUp=0.4, mouthLowerDown=0.3)


def fields(
    prepared: PreparedFace, expression: Float[np.ndarray, "expression"], head: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "2 row column 2"], OpeningContour]:
    """The two displacement fields of an expression and a turn of the head, and the lips' contour after them."""
    moved, _ = prepared.motion.displacements(expression, head)
    forward = prepared.warp.forward(np.concatenate([moved[CONTROL_INDICES], ring_displacements(prepared, head)]))
    return forward, prepared.lips.moved(prepared.warp, forward)


def seam(renderer: FaceRenderer, prepared: PreparedFace, expression: Float[np.ndarray, "expression"]) -> float:
    """How much steeper colours change across the border of the pasted mouth than beside it, in grey levels of 255."""
    _, contour = fields(prepared, expression, STILL)
    rows, columns = prepared.lips.moved_box(contour).area
    picture = 255 * renderer.region(prepared, expression, STILL)[..., :3]

    def steepness(away: int) -> float:
        top, bottom, left, right = rows.start - away, rows.stop + away, columns.start - away, columns.stop + away
        lines = [np.abs(picture[y, columns] - picture[y - 1, columns]) for y in (top, bottom) if 0 < y < len(picture)]
        lines += [np.abs(picture[rows, x] - picture[rows, x - 1]) for x in (left, right) if 0 < x < picture.shape[1]]
        return float(np.concatenate(lines).mean())

    return steepness(0) - float(np.mean([steepness(away) for away in BESIDE]))


def breathing(prepared: PreparedFace) -> dict[str, float]:
    """How far hair, cheeks and chin move with a dropping jaw, in percent of the face's height."""
    forward, _ = fields(prepared, prepared.motion.face.expression + weights(jawOpen=0.7), STILL)
    middle, forehead = prepared.landmarks[list(NOSE)].mean(0), prepared.landmarks[10]
    places = {
        "hair": (0, middle[None] + HAIR_REACH * (forehead - middle)[None]),
        "cheeks": (1, prepared.landmarks[list(CHEEK)]),
        "chin": (1, prepared.landmarks[list(CHIN[5:8])]),
    }
    return {
        name: 100 / CANVAS_FACE_HEIGHT
        * float(np.linalg.norm(prepared.warp.sample(forward[side], points.astype(np.float32)), axis=1).mean())
        for name, (side, points) in places.items()
    }  # fmt: skip


def sharpness_kept(renderer: FaceRenderer, prepared: PreparedFace) -> float:
    """Fine detail of the face after a small turn of the head, as a share of the portrait's."""
    rows, columns = prepared.lips.box.area
    turned = renderer.region(prepared, prepared.motion.face.expression, np.array([0.03, 0.02, 0.0], np.float32))
    energy = [
        cv2.Laplacian(cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2GRAY), cv2.CV_32F)[rows, columns].std()
        for picture in (np.ascontiguousarray(turned), np.ascontiguousarray(prepared.crop))
    ]
    return float(energy[0] / energy[1])


def teeth_jitter(renderer: FaceRenderer, prepared: PreparedFace) -> tuple[float, float]:
    """While the head sways and the mouth is held open: how far the upper teeth shake against the nose from frame to
    frame (root mean square, percent of the face's height), and how much they flicker (grey levels of 255).

    Both are tracked in the pictures (Lucas and Kanade 1981), not read from the model.
    """
    phase = np.linspace(0, 2 * np.pi, NUM_SWAY_FRAMES)
    heads = SWAY * np.stack([np.sin(phase), np.sin(2 * phase) / 2, np.cos(phase) - 1], 1).astype(np.float32)
    frames = [np.ascontiguousarray(renderer.region(prepared, SPEAKING, head)[..., :3]) for head in heads]
    greys = [cv2.cvtColor((255 * frame).astype(np.uint8), cv2.COLOR_RGB2GRAY) for frame in frames]
    _, contour = fields(prepared, SPEAKING, heads[0])
    origin = np.array(prepared.canvas.roi[:2], np.float32)
    share = np.linspace(0.35, 0.65, 7)
    x = contour.left + share * contour.width
    upper, lower = contour.heights(x)
    teeth = np.stack([x, upper + 0.3 * (lower - upper)], 1)
    nose = prepared.landmarks[list(NOSE[:11])]
    paths, shades = [], []
    points = (prepared.canvas.source_points(np.concatenate([teeth, nose])) - origin)[:, None].astype(np.float32)
    side = max(9, 2 * round(6 * prepared.canvas.pixels_per_unit) + 1)
    for before, after in pairwise(greys):
        points, _, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(side, side))  # pyright: ignore
        points[:, 0] = points[:, 0].clip(0, np.array(after.shape[1::-1]) - 1)
        shades.append(read_at(after.astype(np.float32), points[: len(teeth)]).mean())
        paths.append(points[: len(teeth), 0].mean(0) - points[len(teeth) :, 0].mean(0))
    shaking = np.asarray(np.diff(np.stack(paths), n=2, axis=0), np.float32)
    height = CANVAS_FACE_HEIGHT * prepared.canvas.pixels_per_unit
    return 100 * float(np.sqrt((shaking**2).sum(1).mean())) / height, float(np.abs(np.diff(shades, n=2)).mean())
