"""Losses on held-out examples tell of the weights alone: not of processes, random numbers, or what ran before."""

from contextlib import nullcontext

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from cemnet.training.validation import Validation, validation_losses

CPU = torch.device("cpu")


class Guessing(nn.Module):
    """An objective that drops and draws, as real ones do."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 1))

    def forward(self, batch):
        guessed = self.network(batch["seen"]) + torch.rand(())
        return {"missed": guessed.square().mean(), "adversary": guessed.sum()}


class Named(Dataset):
    def __init__(self, rows: torch.Tensor) -> None:
        self.rows = rows

    def __getitem__(self, index):
        return {"seen": self.rows[index]}


@pytest.fixture
def validation() -> Validation:
    examples = Named(torch.randn(10, 3, generator=torch.Generator().manual_seed(0)))
    return Validation(Guessing(), examples, 10, batch_size=4, left_out=("adversary",))


def measured(validation, process=0, num_processes=1):
    return validation_losses(validation, CPU, nullcontext, process, num_processes)


def test_there_is_a_figure_for_each_batch_and_each_loss_of_the_network(validation):
    losses = measured(validation)
    assert set(losses) == {"missed"}
    assert losses["missed"].shape == (3,) and (losses["missed"] > 0).all()


def test_the_same_weights_have_the_same_figures_whatever_was_drawn_before(validation):
    first = measured(validation)["missed"]
    torch.rand(5)
    assert torch.equal(measured(validation)["missed"], first)


@pytest.mark.parametrize("num_processes", [2, 3, 5])
def test_processes_that_share_the_batches_add_up_to_one_that_has_them_all(validation, num_processes):
    shares = [measured(validation, process, num_processes)["missed"] for process in range(num_processes)]
    assert torch.equal(torch.stack(shares).sum(0), measured(validation)["missed"])


def test_a_validation_leaves_no_trace_in_the_training(validation):
    validation.objective.train()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    measured(validation)
    assert torch.equal(torch.rand(3), expected)
    assert validation.objective.training
    assert all(parameter.grad is None for parameter in validation.objective.parameters())
