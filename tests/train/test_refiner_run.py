"""A run of the refiner that is killed and resumed learns what it would have learned at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from made_pairs import store_pairs
from paths import REPOSITORY

from cemnet.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow

CONFIG = """
refiner: {widths: [8, 8, 8]}
num_heads: 1
num_steps: 5
batch_size: 2
warmup_steps: 2
checkpoint_every: 2
validate_every: 2
validation_pairs: 2
validation_batches: 1
ema_decay: 0.9
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    """A config whose pairs are there already."""
    folder = tmp_path_factory.mktemp("refiner")
    store_pairs(folder, 8)
    path = folder / "refiner.yaml"
    path.write_text(f"{CONFIG}pairs: {folder / 'pairs'}\n")
    return path


def start(config: Path, name: str) -> subprocess.Popen:
    options = ["--config", str(config), "--output", str(config.parent / name), "--cpu", "--resume"]
    return subprocess.Popen(
        [sys.executable, "train/train.py", *options],
        cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def finish(config: Path, name: str) -> torch.Tensor:
    running = start(config, name)
    _, errors = running.communicate(timeout=900)
    assert running.returncode == 0, errors[-3000:]
    tensors, _ = load_checkpoint(config.parent / name / "refiner.safetensors")
    return torch.cat([tensors[each].float().flatten() for each in sorted(tensors)])


def test_a_killed_run_of_the_refiner_goes_on_as_if_it_had_not_been(config):
    running = start(config, "killed")
    while running.poll() is None and not (config.parent / "killed" / "checkpoint-2").exists():
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert (config.parent / "killed" / "checkpoint-2").exists()
    assert not (config.parent / "killed" / "refiner.safetensors").exists()
    assert torch.equal(finish(config, "killed"), finish(config, "whole"))
    validated = [(config.parent / name / "validation.csv").read_text() for name in ("killed", "whole")]
    assert validated[0] == validated[1] and validated[0].count("\n") == 4
