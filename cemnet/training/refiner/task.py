"""The task that trains the refiner: pairs of frames, network, objective, and the released weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Subset

from ...render.refiner.network import REFINER_WEIGHTS, Refiner
from ..examples import Shuffled, endless_loader
from ..task import Task, TaskPlan, release_weights
from ..validation import Validation
from .objective import DATA, PairDataset, RefinerObjective, RefinerSettings
from .pairs import prepared_pairs


def plan_refiner(config: Path, overrides: Sequence[str] = ()) -> TaskPlan:
    """The plan that a yaml file describes; CEMNetError for settings that cannot be."""
    settings = RefinerSettings.load(config, overrides)
    return TaskPlan(settings, lambda output, _: build_task(settings, output))


def build_task(settings: RefinerSettings, output: Path) -> Task:
    """Loads the pairs from their folder (`output/pairs` by default), where those that are missing are made first."""
    folder = settings.pairs or output / "pairs"
    parts = prepared_pairs(folder, settings.num_heads, settings.seed, settings.ict, settings.portraits)
    pairs = PairDataset(parts)
    held_out = min(settings.validation_pairs, len(pairs) - 1) if settings.validate_every else 0
    order = Shuffled(len(pairs) - held_out, settings.seed)
    loader = endless_loader(pairs, order, settings.batch_size, settings.num_workers)
    refiner = Refiner(settings.refiner).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def release(folder: Path) -> Path:
        return release_weights(folder / REFINER_WEIGHTS, refiner, refiner.to_dict(), DATA, "Apache-2.0")

    def sources(batch: Mapping[str, Tensor]) -> list[str]:
        return [f"pair {int(number)} of {folder}" for number in batch["number"]]

    validation = None
    if held_out:
        last = Subset(pairs, range(len(pairs) - held_out, len(pairs)))
        count = min(held_out, settings.validation_batches * settings.batch_size)
        validation = Validation(RefinerObjective(refiner), last, count, settings.batch_size)
    return Task(refiner, RefinerObjective(refiner), loader, sources, release, validation)
