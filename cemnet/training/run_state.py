"""What a run keeps beside network, optimizer and schedule: averaged weights, and the best ones of its validations."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


class RunState:
    """Weights that may be released in place of the network's own. Checkpoints hold it: see `state_dict`."""

    def __init__(self, network: nn.Module, ema_decay: float = 0.0):
        """With an `ema_decay` above 0 the weights are averaged: exponentially, over about 1 / (1 - ema_decay) steps."""
        self.network = network
        self.averaged = AveragedModel(network, avg_fn=exponential_average(ema_decay)) if ema_decay else None
        self.best_loss, self.best_step = math.inf, 0
        self.best_weights: dict[str, Tensor] = {}
        self.validations_since_best = 0

    def update(self) -> None:
        """Takes the weights of a step into the average."""
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)

    def weights(self) -> dict[str, Tensor]:
        """A copy of the weights that this step would release: averaged where they are averaged."""
        shown = self.network if self.averaged is None else self.averaged.module
        return {name: tensor.detach().cpu().clone() for name, tensor in shown.state_dict().items()}

    def judge(self, step: int, loss: float) -> bool:
        """Takes the loss of a validation into account; True, and the weights are kept, where it is the smallest yet."""
        if loss >= self.best_loss:
            self.validations_since_best += 1
            return False
        self.best_loss, self.best_step, self.best_weights = loss, step, self.weights()
        self.validations_since_best = 0
        return True

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs to go on."""
        return {
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "best_loss": self.best_loss,
            "best_step": self.best_step,
            "best_weights": self.best_weights,
            "validations_since_best": self.validations_since_best,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a `state_dict`. A run that did not average begins to, from its weights then."""
        if self.averaged is not None and state["averaged"] is not None:
            self.averaged.load_state_dict(state["averaged"])
        for name in ("best_loss", "best_step", "best_weights", "validations_since_best"):
            setattr(self, name, state[name])


@contextmanager
def holding(network: nn.Module, weights: dict[str, Tensor]) -> Iterator[None]:
    """Inside this context the network has other weights; afterwards its own again, to the bit."""
    own = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(weights)
    try:
        yield
    finally:
        network.load_state_dict(own)


def exponential_average(decay: float):
    """The rule by which `AveragedModel` averages: the first steps count more, so that the start is soon forgotten."""

    def average(averaged: Tensor, current: Tensor, num_averaged: Tensor | int) -> Tensor:
        share = min(decay, (1 + int(num_averaged)) / (10 + int(num_averaged)))
        return torch.lerp(current, averaged, share)

    return average
