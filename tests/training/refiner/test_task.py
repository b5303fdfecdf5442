"""The refiner's task reads stored pairs, feeds its objective, and releases a refiner that loads."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from made_pairs import store_pairs

from cemnet.render.refiner.network import Refiner, RefinerConfig
from cemnet.training.refiner import pairs as pairs_module
from cemnet.training.refiner.objective import RefinerSettings
from cemnet.training.refiner.pairs import RefinerPairs
from cemnet.training.refiner.task import build_task


@pytest.fixture
def stored(tmp_path) -> Path:
    """A folder with the pairs of one head."""
    store_pairs(tmp_path, 2)
    return tmp_path


def test_a_task_feeds_its_objective_and_releases_a_refiner_that_loads(stored):
    settings = RefinerSettings(refiner=RefinerConfig((8, 8, 8)), num_heads=1, batch_size=2)
    task = build_task(settings, stored)
    losses = task.objective(next(iter(task.loader)))
    assert set(losses) == set(settings.loss_weights)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert Refiner.load(task.release(stored)).config == settings.refiner


def test_the_last_pairs_are_kept_for_the_validation(stored):
    settings = RefinerSettings(
        refiner=RefinerConfig((8, 8, 8)), num_heads=1, batch_size=1, validate_every=1, validation_pairs=1
    )
    task = build_task(settings, stored)
    assert {int(batch["number"]) for batch in islice(task.loader, 4)} == {0}
    assert task.validation is not None and task.validation.num_batches == 1
    assert task.validation.batch(0)["number"].tolist() == [1]


def test_pairs_that_were_cut_off_are_made_again(stored, monkeypatch, capsys):
    path = stored / "pairs" / "00000.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])

    class Maker:
        def __init__(self, ict, portraits):
            pass

        def pairs(self, numbers, seed):
            path.write_bytes(whole)
            return RefinerPairs.load(path)

    monkeypatch.setattr(pairs_module, "PairMaker", Maker)
    task = build_task(RefinerSettings(refiner=RefinerConfig((8, 8, 8)), num_heads=1, batch_size=2), stored)
    assert next(iter(task.loader))["number"].shape == (2,)
    assert "00000.npz cannot be read" in capsys.readouterr().err
