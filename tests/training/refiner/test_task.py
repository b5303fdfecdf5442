"""The refiner's task reads stored pairs, feeds its objective, and releases a refiner that loads."""

import numpy as np
import torch

from cemnet.render.refiner.inputs import CROP_HEIGHT, CROP_WIDTH, GRID, NUM_LAYOUT
from cemnet.render.refiner.network import Refiner, RefinerConfig
from cemnet.training.refiner.objective import RefinerSettings
from cemnet.training.refiner.pairs import RefinerPairs
from cemnet.training.refiner.task import build_task


def test_a_task_feeds_its_objective_and_releases_a_refiner_that_loads(tmp_path):
    rng = np.random.default_rng(0)
    frame, grid = (2, CROP_HEIGHT, CROP_WIDTH), (2, *GRID)
    colours = [rng.integers(0, 255, (*frame, 3), dtype=np.uint8) for _ in range(2)]
    masks = [rng.integers(0, 255, frame, dtype=np.uint8) for _ in range(2)]
    folds, layout = np.zeros(frame, np.float16), np.zeros((*grid, NUM_LAYOUT), np.float16)
    pairs = RefinerPairs(colours[0], colours[1], folds, masks[0], masks[1], layout, np.zeros((2, 104), np.float16))
    (tmp_path / "pairs").mkdir()
    pairs.save(tmp_path / "pairs" / "00000.npz")

    settings = RefinerSettings(refiner=RefinerConfig((8, 8, 8)), num_heads=1, batch_size=2)
    task = build_task(settings, tmp_path)
    losses = task.objective(next(iter(task.loader)))
    assert set(losses) == set(settings.loss_weights)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert Refiner.load(task.release(tmp_path)).config == settings.refiner
