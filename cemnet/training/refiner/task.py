"""The task that trains the refiner: pairs of frames, network, objective, and the released weights."""

from pathlib import Path

import torch
from torch.utils.data import DataLoader

from ...render.refiner.network import REFINER_WEIGHTS, Refiner
from ..task import Task, TaskPlan, release_weights
from .objective import DATA, PairDataset, RefinerObjective, RefinerSettings
from .pairs import prepared_pairs


def plan_refiner(config: Path) -> TaskPlan:
    """The plan that a yaml file describes; CEMNetError if it names settings that do not exist."""
    settings = RefinerSettings.load(config)
    return TaskPlan(settings, lambda output, _: build_task(settings, output))


def build_task(settings: RefinerSettings, output: Path) -> Task:
    """Loads the pairs from their folder (`output/pairs` by default), where those that are missing are made first."""
    folder = settings.pairs or output / "pairs"
    parts = prepared_pairs(folder, settings.num_heads, settings.seed, settings.ict, settings.portraits)
    loader = DataLoader(PairDataset(parts), settings.batch_size, shuffle=True, drop_last=True)
    refiner = Refiner(settings.refiner).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def release() -> Path:
        return release_weights(output / REFINER_WEIGHTS, refiner, refiner.to_dict(), DATA, "Apache-2.0")

    return Task(refiner, RefinerObjective(refiner), loader, release)
