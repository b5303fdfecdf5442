"""The order of training examples: endless, and the same whatever the number of processes, workers and resumes.

A run never comes to the end of its data. Which example is drawn at which place is told by seeds alone, so that several
processes take turns at one order, and a run that is resumed goes on where it stopped.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

ENDLESS = 2**48  # examples; what a data loader takes for the length of an endless order


class Numbered(Sampler[int]):
    """0, 1, 2, and so on, for data sets that draw an example from its number."""

    def __iter__(self) -> Iterator[int]:
        return itertools.count()

    def __len__(self) -> int:
        return ENDLESS


class Shuffled(Sampler[int]):
    """All examples in random order, then again in another, for ever."""

    def __init__(self, num_examples: int, seed: int) -> None:
        self.num_examples, self.seed = num_examples, seed

    def __iter__(self) -> Iterator[int]:
        for epoch in itertools.count():
            yield from np.random.default_rng((self.seed, epoch)).permutation(self.num_examples).tolist()

    def __len__(self) -> int:
        return ENDLESS


def endless_loader(examples: Dataset, order: Sampler[int], batch_size: int, num_workers: int) -> DataLoader:
    """Batches in an endless order. It draws nothing from torch's own generator, whose state a resumed run restores."""
    return DataLoader(
        examples, batch_size, sampler=order, num_workers=num_workers, generator=torch.Generator().manual_seed(0)
    )
