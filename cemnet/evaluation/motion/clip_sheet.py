"""A long performance at a glance: frames of it, and under them its curves over time."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from PIL import Image

from ...arkit import ARKIT_INDEX, BLINK
from ...inspection.contact_sheet import face_square, tile
from ...model import CEMNet
from ...motion.lip_aperture import visible_aperture
from ...motion.live_link import eye_rotations
from ...types import FaceReference, Motion
from ..report.figures import to_image

MARGIN = 1.6  # side of a tile, in sizes of the face: shoulders are seen


def clip_curves(motion: Motion) -> Mapping[str, Float[np.ndarray, "frame curve"]]:
    """What is drawn of a motion, by name, with unit."""
    expression = motion.expression.numpy()
    gaze = np.degrees(eye_rotations(expression))[:, :2] * [1, -1]
    brows = expression[:, [ARKIT_INDEX["browInnerUp"], ARKIT_INDEX["browDownLeft"]]]
    breath = np.zeros(motion.num_frames) if motion.breath is None else motion.breath.numpy()
    return {
        "lips part": visible_aperture(expression)[:, None],
        "lids close": expression[:, BLINK].mean(axis=1)[:, None],
        "brows up, down": brows,
        "gaze sideways, up; degrees": gaze,
        "head yaw, pitch, roll; degrees": np.degrees(motion.head.numpy()),
        "shoulders; breaths": breath[:, None],
    }


def clip_sheet(model: CEMNet, face: FaceReference, motion: Motion, title: str, columns: int = 10) -> Image.Image:
    """Evenly spaced frames of a motion in a row, and its curves below them, on one scale for all motions."""
    prepared, box = model.renderer.prepare(face), face_square(face, margin=MARGIN)
    indices = ((np.arange(columns) + 0.5) * motion.num_frames / columns).astype(int).tolist()
    seconds = np.arange(motion.num_frames) / motion.fps
    curves = clip_curves(motion)
    limits = (-0.02, 0.8), (-0.05, 1.05), (-0.05, 1.05), (-10, 10), (-6, 6), (-1.1, 0.1)
    figure = Figure(figsize=(14, 2.0 + 0.75 * len(curves)), layout="constrained")
    panels = figure.subplots(1 + len(curves), 1, height_ratios=(2.4, *(1,) * len(curves)))
    tiles = [
        tile(model.renderer.frame(prepared, *motion.pose(index)), box, f"{seconds[index]:.1f} s") for index in indices
    ]
    panels[0].imshow(np.concatenate([np.asarray(picture) for picture in tiles], axis=1))
    panels[0].set_title(title, loc="left", fontsize=10)
    panels[0].axis("off")
    for axes, (name, curve), limit in zip(panels[1:], curves.items(), limits, strict=True):
        axes.plot(seconds, curve, linewidth=0.9)
        axes.set(xlim=(0, motion.duration_seconds), ylim=limit)
        axes.set_title(name, loc="left", fontsize=7, pad=2)
        axes.tick_params(labelsize=6, length=2, labelbottom=axes is panels[-1])
        axes.spines[["top", "right"]].set_visible(False)
    return to_image(figure)
