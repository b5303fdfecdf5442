"""The launched trainer: it resumes, refuses to overwrite a run, and starts from the weights of another."""

import csv
import subprocess
import sys

import pytest
import torch
from paths import REPOSITORY

from cemnet.checkpoint import load_checkpoint
from cemnet.config import ModelConfig
from cemnet.network import EmotionNetwork

pytestmark = pytest.mark.slow


def launch(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1", "train/train.py"]
    return subprocess.run(
        [*command, *map(str, arguments), "--cpu"], cwd=REPOSITORY, capture_output=True, text=True, timeout=300
    )


def test_the_launched_trainer_resumes_and_writes_weights_that_load(tmp_path):
    config = tmp_path / "small.yaml"
    text = (REPOSITORY / "train/configs/tiny.yaml").read_text()
    text = text.replace("generated_clips: 48", "generated_clips: 8").replace(
        "checkpoint_every: 100", "checkpoint_every: 5"
    )
    config.write_text(text.replace("num_steps: 200", "num_steps: 20"))
    output = tmp_path / "run"
    first = launch("--config", config, "--output", output)
    assert first.returncode == 0, first.stderr
    tensors, stored = load_checkpoint(output / "emotion_motion.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    assert EmotionNetwork.load(output / "emotion_motion.safetensors").config == ModelConfig.from_dict(stored)

    refused = launch("--config", config, "--output", output)
    assert refused.returncode != 0
    assert "--resume" in refused.stderr

    resumed = launch("--config", config, "--output", output, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    steps = [int(row["step"]) for row in csv.DictReader((output / "losses.csv").open())]
    assert steps == [10, 20]  # the second run went on from the checkpoint of step 15, and wrote step 20 again


def test_a_run_may_start_from_the_weights_of_another_of_the_same_size(tmp_path):
    config = tmp_path / "small.yaml"
    text = (REPOSITORY / "train/configs/tiny.yaml").read_text().replace("generated_clips: 48", "generated_clips: 8")
    config.write_text(text.replace("num_steps: 200", "num_steps: 1") + "learning_rate: 0.0\n")
    first, second = tmp_path / "first", tmp_path / "second"
    assert launch("--config", config, "--output", first).returncode == 0
    config.write_text(config.read_text() + "seed: 1\n")
    weights = first / "emotion_motion.safetensors"
    assert launch("--config", config, "--output", second, "--start-from", weights).returncode == 0
    before, after = (load_checkpoint(run / "emotion_motion.safetensors")[0] for run in (first, second))
    torch.testing.assert_close(after["emotion_memory.keys"], before["emotion_memory.keys"])

    config.write_text(config.read_text().replace("num_slots: 24", "num_slots: 12"))
    refused = launch("--config", config, "--output", tmp_path / "third", "--start-from", weights)
    assert refused.returncode != 0
    assert "another kind or size" in refused.stderr
