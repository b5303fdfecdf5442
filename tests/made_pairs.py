"""Pairs of frames for the refiner, made of noise, as they are stored."""

from pathlib import Path

import numpy as np

from cemnet.render.refiner.inputs import CROP_HEIGHT, CROP_WIDTH, GRID, NUM_LAYOUT
from cemnet.training.refiner.pairs import RefinerPairs


def store_pairs(folder: Path, count: int) -> None:
    """Writes `pairs/00000.npz` into the folder: `count` frames of one head."""
    rng = np.random.default_rng(0)
    frame, grid = (count, CROP_HEIGHT, CROP_WIDTH), (count, *GRID)
    colours = [rng.integers(0, 255, (*frame, 3), dtype=np.uint8) for _ in range(2)]
    masks = [rng.integers(0, 255, frame, dtype=np.uint8) for _ in range(2)]
    folds, layout = np.zeros(frame, np.float16), np.zeros((*grid, NUM_LAYOUT), np.float16)
    pairs = RefinerPairs(colours[0], colours[1], folds, masks[0], masks[1], layout, np.zeros((count, 104), np.float16))
    (folder / "pairs").mkdir()
    pairs.save(folder / "pairs" / "00000.npz")
