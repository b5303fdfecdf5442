"""What every training run is made of, whichever networks it trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from torch.utils.data import DataLoader

from ..checkpoint import fill, load_checkpoint, save_checkpoint

LONGEST_WARMUP_SHARE = 0.3  # of all steps
SHORTEST_WARMUP = 2  # steps; one alone divides by zero in torch


@runtime_checkable
class RunSettings(Protocol):
    """The settings that the training loop reads; every task's settings have them."""

    @property
    def loss_weights(self) -> dict[str, float]: ...
    @property
    def num_steps(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def warmup_steps(self) -> int: ...
    @property
    def gradient_accumulation_steps(self) -> int: ...
    @property
    def checkpoint_every(self) -> int: ...
    @property
    def keep_checkpoints(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class Task:
    """Something to train: a network, the batches it learns from, and how its trained weights are written.

    `objective` holds the network and turns a batch into losses by name. The loader never ends (see `examples`), and
    `sources` names what a batch was made of, for people. `release` writes the weights as they are when it is called and
    returns the file.
    """

    network: nn.Module
    objective: nn.Module
    loader: DataLoader
    sources: Callable[[Mapping[str, Tensor]], list[str]]
    release: Callable[[], Path]


@dataclass(frozen=True)
class TaskPlan:
    """A task before its data is loaded: its settings, and how to build it from an output folder and a device."""

    settings: RunSettings
    build: Callable[[Path, torch.device], Task]


def start_from(network: nn.Module, path: Path) -> None:
    """Loads the weights of another run into the network; MissingModelError if that run's network had another shape."""
    tensors, _ = load_checkpoint(path)
    fill(network, tensors, path)


def release_weights(path: Path, network: nn.Module, config: dict[str, Any], data: str, license: str) -> Path:
    """Writes the network as fp16, with its config, what it learned from and the licence; returns the path."""
    tensors = {name: tensor.half() for name, tensor in network.state_dict().items()}
    save_checkpoint(path, tensors, config, data, license)
    return path


def build_optimizer(objective: nn.Module, settings: RunSettings) -> tuple[torch.optim.AdamW, LRScheduler]:
    """AdamW, and a one-cycle learning rate (Smith & Topin 2019) that peaks after the warm-up."""
    optimizer = torch.optim.AdamW(objective.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    warmup_share = min(LONGEST_WARMUP_SHARE, max(settings.warmup_steps, SHORTEST_WARMUP) / settings.num_steps)
    schedule = OneCycleLR(optimizer, settings.learning_rate, settings.num_steps, pct_start=warmup_share)
    return optimizer, schedule


def total_loss(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The weighted sum, without entries that start with "monitor_"; KeyError if a loss has no weight."""
    minimised = {name: value for name, value in losses.items() if not name.startswith("monitor_")}
    return torch.stack([weights[name] * value for name, value in minimised.items()]).sum()
