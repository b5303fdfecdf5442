"""Losses on examples that are not learned from: always the same ones, and the same figures on any number of processes.

Each batch is calculated by one process, with random numbers of its own, so that the figures tell of the weights alone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.data import Dataset, default_collate


@dataclass(frozen=True)
class Validation:
    """Examples, numbered from 0, and an objective that holds the trained network and names their losses.

    Losses that are named in `left_out` are no losses of the network.
    """

    objective: nn.Module
    examples: Dataset
    num_examples: int
    batch_size: int
    left_out: Sequence[str] = ()

    @property
    def num_batches(self) -> int:
        """How many batches there are; the last may be smaller, and counts as much as the others."""
        return -(-self.num_examples // self.batch_size)

    def batch(self, number: int) -> Mapping[str, Tensor]:
        """The examples of a batch."""
        numbers = range(number * self.batch_size, min((number + 1) * self.batch_size, self.num_examples))
        return default_collate([self.examples[each] for each in numbers])


def validation_losses(
    validation: Validation,
    device: torch.device,
    precision: Callable[[], AbstractContextManager],
    process: int = 0,
    num_processes: int = 1,
) -> dict[str, Float[Tensor, "batch"]]:
    """Every loss of each batch by name; 0 in the batches of other processes, so that the sum over processes is all.

    What `precision` returns is entered around each calculation. The state of torch's random numbers stays as it is.
    """
    objective = validation.objective.to(device)
    was_training = objective.training
    objective.eval()
    measured: dict[str, Tensor] = {}
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus), torch.no_grad():
        for number in range(process, max(validation.num_batches, process + 1), num_processes):
            torch.manual_seed(number)
            own = number < validation.num_batches  # with fewer batches than processes some learn the names alone
            batch = validation.batch(number if own else 0)
            with precision():
                losses = objective({name: values.to(device) for name, values in batch.items()})
            for name, value in losses.items():
                if name not in validation.left_out:
                    rows = measured.setdefault(name, torch.zeros(validation.num_batches, device=device))
                    if own:
                        rows[number] = value.float()
    objective.train(was_training)
    return measured
