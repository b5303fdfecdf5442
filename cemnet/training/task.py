"""What every training run is made of, whichever networks it trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from torch.utils.data import DataLoader

from ..checkpoint import fill, load_checkpoint, save_checkpoint
from ..config import ModelConfig
from ..errors import CEMNetError, MissingModelError
from ..network import EmotionNetwork
from .validation import Validation

LONGEST_WARMUP_SHARE = 0.3  # of all steps
SHORTEST_WARMUP = 2  # steps; one alone divides by zero in torch


@dataclass(frozen=True)
class RunSettings:
    """The settings that the training loop reads; every task has them beside its own."""

    loss_weights: dict[str, float] = field(default_factory=dict)
    num_steps: int = 4000
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    warmup_steps: int = 100
    gradient_accumulation_steps: int = 1  # batches for each step, where a larger batch does not fit
    ema_decay: float = (
        0.0  # the weights that are released are averages over the last 1 / (1 - ema_decay) steps; 0: none
    )
    validate_every: int = 0  # steps; 0: never
    validation_batches: int = 8  # of batch_size examples that are not learned from, the same ones every time
    patience: int = 0  # validations without a smaller loss after which the run stops; 0: it never does
    release: Literal["best", "last"] = "last"  # weights: those with the smallest loss in validation, or the final ones
    checkpoint_every: int = 500
    keep_checkpoints: int = 3  # the newest ones; older ones are removed, and 0 keeps all
    trackers: tuple[str, ...] = ()  # of accelerate, such as tensorboard; losses.csv is written without
    num_workers: int = 0
    seed: int = 0

    def check_validation(self, source: str, has_examples: bool, examples: str) -> None:
        """CEMNetError for settings that need a validation without one, or a validation without examples.

        `source` is what the sentence calls the settings' origin, `examples` the setting that would hold some out.
        """
        if self.validate_every and not has_examples:
            raise CEMNetError(f"{source}: validate_every needs examples that are not learned from: set {examples}.")
        if not self.validate_every and (self.patience or self.release == "best"):
            wish = f"patience: {self.patience}" if self.patience else "release: best"
            raise CEMNetError(f"{source}: {wish} needs validate_every, the number of steps between two validations.")
        if not self.ema_decay < 1:
            raise CEMNetError(f"{source}: ema_decay has to be below 1, such as 0.999, not {self.ema_decay}.")


@dataclass(frozen=True)
class Task:
    """Something to train: a network, the batches it learns from, and how its trained weights are written.

    `objective` holds the network and turns a batch into losses by name. The loader never ends (see `examples`), and
    `sources` names what a batch was made of, for people. `release` writes the weights, as they are when it is called,
    into a folder and returns the file. `validation` has what is not learned from, where the settings hold something
    out.
    """

    network: nn.Module
    objective: nn.Module
    loader: DataLoader
    sources: Callable[[Mapping[str, Tensor]], list[str]]
    release: Callable[[Path], Path]
    validation: Validation | None = None


@dataclass(frozen=True)
class TaskPlan:
    """A task before its data is loaded: its settings, and how to build it from an output folder and a device."""

    settings: RunSettings
    build: Callable[[Path, torch.device], Task]


def start_from(network: nn.Module, path: Path) -> None:
    """Loads the weights of another run into the network; MissingModelError if that run's network had another
    shape or heard by another speech encoder."""
    tensors, config = load_checkpoint(path)
    if isinstance(network, EmotionNetwork):
        first, needed = ModelConfig.from_dict(config).speech_encoder, network.config.speech_encoder
        if first != needed:
            raise MissingModelError(f"The weights {path} were trained with the speech encoder {first}, not {needed}.")
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
