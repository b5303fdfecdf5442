"""Captured curves of a corpus: blendshapes by name at a rate of their own become ARKit's 52 at MOTION_FPS."""

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from ...arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from ...curves import interpolate_curves
from ...errors import MediaError
from ...types import MOTION_FPS

LEAST_DEVIATION = 0.01  # of a blendshape over a take; one that moves less was not used in it


def read_captured_curves(
    path: Path,
) -> tuple[Float[np.ndarray, "frame expression"], Bool[np.ndarray, "expression"]]:
    """Expression (0 to 1) at MOTION_FPS, and which blendshapes the take moves; the others are 0.

    The file is an .npz with `names` of ARKit's blendshapes, `values` [frame, name] and `fps`. MediaError otherwise.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names, values, fps = file["names"].tolist(), file["values"].astype(np.float32), float(file["fps"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MediaError(f"The curves {path} cannot be read ({error}). Get the file again.") from error
    unknown = [name for name in names if name not in ARKIT_INDEX]
    if unknown or values.ndim != 2 or values.shape[1] != len(names) or not len(values) or fps <= 0:
        raise MediaError(f"{path} needs a column for each of its names, which have to be ARKit's: {unknown[:3]}.")
    if not np.isfinite(values).all():
        raise MediaError(f"{path} holds a value that is not a number. Get the file again.")
    num_frames = max(1, round(len(values) * MOTION_FPS / fps))
    middles = (np.arange(num_frames) + 0.5) / MOTION_FPS, (np.arange(len(values)) + 0.5) / fps  # of the frames
    resampled = interpolate_curves(*middles, values)
    columns = [ARKIT_INDEX[name] for name in names]
    expression, known = np.zeros((num_frames, NUM_EXPRESSIONS), np.float32), np.zeros(NUM_EXPRESSIONS, bool)
    expression[:, columns] = resampled.clip(0, 1)
    known[columns] = resampled.std(axis=0) >= LEAST_DEVIATION
    return expression, known
