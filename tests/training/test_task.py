"""Parts that all training runs share: weights that go in and out, the loss, and the learning rate."""

import pytest
import torch
from torch import nn

from cemnet.checkpoint import load_checkpoint
from cemnet.errors import CEMNetError
from cemnet.training.networks.settings import TrainingSettings
from cemnet.training.task import build_optimizer, release_weights, start_from, total_loss


def test_a_loss_without_a_weight_is_an_error():
    with pytest.raises(KeyError):
        total_loss({"unheard_of": torch.tensor(1.0)}, {})


def test_a_loss_counts_by_its_weight_and_a_monitor_not_at_all():
    losses = {"one": torch.tensor(2.0), "other": torch.tensor(3.0), "monitor_share": torch.tensor(100.0)}
    assert total_loss(losses, {"one": 1.0, "other": 0.5}) == 3.5


def test_released_weights_start_another_run(tmp_path):
    first, second, larger = nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(4, 2)
    path = release_weights(tmp_path / "weights.safetensors", first, {"width": 3}, "clips of a test", "CC0")
    tensors, config = load_checkpoint(path)
    assert config == {"width": 3} and tensors["weight"].dtype == torch.float16
    start_from(second, path)
    torch.testing.assert_close(second.weight, first.weight, atol=1e-3, rtol=1e-3)
    with pytest.raises(CEMNetError, match="another kind or size"):
        start_from(larger, path)


@pytest.mark.slow
def test_the_learning_rate_peaks_after_the_warm_up():
    settings = TrainingSettings(num_steps=100, warmup_steps=20, learning_rate=0.01)
    optimizer, schedule = build_optimizer(nn.Linear(2, 2), settings)
    rates = []
    for _ in range(99):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[19] == max(rates) == pytest.approx(0.01)
    assert rates[0] < 0.001 and rates[-1] < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("num_steps", "warmup_steps"), [(1, 0), (6, 0), (6, 1), (10, 100), (50, 1)])
def test_any_warm_up_gives_rates_up_to_the_highest(num_steps, warmup_steps):
    settings = TrainingSettings(num_steps=num_steps, warmup_steps=warmup_steps, learning_rate=0.01)
    optimizer, schedule = build_optimizer(nn.Linear(2, 2), settings)
    for _ in range(num_steps - 1):
        assert 0 <= optimizer.param_groups[0]["lr"] <= 0.01 + 1e-9
        optimizer.step()
        schedule.step()
