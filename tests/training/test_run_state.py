"""What a run keeps beside its network: averages that follow slowly, and the best weights of its validations."""

import pytest
import torch
from torch import nn

from cemnet.training.run_state import RunState, holding


@pytest.fixture
def network() -> nn.Linear:
    return nn.Linear(1, 1, bias=False)


def set_weight(network: nn.Linear, value: float) -> None:
    with torch.no_grad():
        network.weight.fill_(value)


def test_averaged_weights_follow_at_first_fast_and_then_as_slowly_as_was_asked(network):
    state = RunState(network, ema_decay=0.9)
    set_weight(network, 0.0)
    state.update()
    set_weight(network, 1.0)
    state.update()
    assert float(state.weights()["weight"]) == pytest.approx(1 - 2 / 11)  # the start is soon forgotten
    for _ in range(300):
        set_weight(network, 0.0)
        state.update()
    set_weight(network, 1.0)
    state.update()
    assert float(state.weights()["weight"]) == pytest.approx(0.1, abs=1e-3)


def test_without_averaging_the_networks_own_weights_are_shown(network):
    state = RunState(network)
    state.update()
    set_weight(network, 3.0)
    assert float(state.weights()["weight"]) == 3.0


def test_a_network_that_held_other_weights_has_its_own_again_to_the_bit(network):
    own = network.weight.detach().clone()
    with pytest.raises(KeyError), holding(network, {"weight": torch.full((1, 1), 7.0)}):
        assert float(network.weight) == 7.0
        raise KeyError
    assert torch.equal(network.weight, own)


def test_the_weights_of_the_smallest_loss_are_kept_and_steps_without_a_smaller_one_counted(network):
    state = RunState(network)
    for step, loss in enumerate([3.0, 1.0, 1.0, 2.0], start=1):
        set_weight(network, step)
        assert state.judge(step, loss) == (step <= 2)
    assert (state.best_step, state.best_loss, state.validations_since_best) == (2, 1.0, 2)
    assert float(state.best_weights["weight"]) == 2.0


def test_a_resumed_state_goes_on_as_the_first_would_have(network):
    first, second = RunState(network, 0.9), RunState(network, 0.9)
    for step in range(5):
        set_weight(network, step)
        first.update()
    first.judge(5, 1.0)
    second.load_state_dict(first.state_dict())
    for state in (first, second):
        state.update()
        assert not state.judge(6, 2.0)
    assert torch.equal(first.weights()["weight"], second.weights()["weight"])
    assert torch.equal(first.best_weights["weight"], second.best_weights["weight"])
    assert second.validations_since_best == 1


def test_a_run_that_did_not_average_may_begin_to(network):
    averaging = RunState(network, 0.9)
    averaging.load_state_dict(RunState(network).state_dict())
    set_weight(network, 2.0)
    averaging.update()
    assert float(averaging.weights()["weight"]) == 2.0
