"""Runs that are killed, resumed, spread over processes or accumulated over batches learn what one run learns at once.

Losses that compare the examples of a batch with one another, and those that draw at random, are switched off where
batches are divided differently.
"""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from accelerate.tracking import get_available_trackers
from paths import REPOSITORY

from cemnet.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow

CONFIG = """
model:
  audio_emotion: {content_dim: 32, hidden_dim: 64, embedding_dim: 32, dropout: DROPOUT, manner_dropout: DROPOUT}
  emotion_memory: {num_slots: 24, hidden_dim: 64}
  motion: {hidden_dim: 64, num_blocks: 2, dropout: DROPOUT}
data: {generated_clips: 6, voice_augmentations: 0, crop_seconds: 1.6, validation_speakers: [babble/babbler_3]}
temperature_folds: 0
num_steps: 6
batch_size: 4
warmup_steps: 2
checkpoint_every: 2
"""
VALIDATED = """
ema_decay: 0.9
validate_every: 2
validation_batches: 2
release: best
"""
DIVISIBLE = """
heard_share: 1.0
loss_weights: {contrast: 0, reconstruction: 0, cross_reconstruction: 0, adversary: 0, sounds: 0,
               memory_displacement: 0, memory_face: 0, memory_manner: 0}
"""
ONE = [sys.executable]
TWO = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    (folder / "usual.yaml").write_text(CONFIG.replace("DROPOUT", "0.2") + VALIDATED)
    (folder / "divisible.yaml").write_text(CONFIG.replace("DROPOUT", "0.0") + DIVISIBLE)
    return folder


def command(folder: Path, config: str, name: str, *settings: str, launcher: list[str] = ONE) -> list[str]:
    """The command of a run in a folder of its own, which finds the features of the first run there."""
    output, features = folder / name, folder / "first" / "features"
    if name != "first" and features.is_dir() and not (output / "features").exists():
        shutil.copytree(features, output / "features")
    overrides = [word for setting in settings for word in ("--set", setting)]
    options = ["--config", str(folder / f"{config}.yaml"), "--output", str(output), "--cpu", "--resume", *overrides]
    return [*launcher, "train/train.py", *options]


def run(folder: Path, config: str, name: str, *settings: str, launcher: list[str] = ONE) -> Path:
    done = subprocess.run(
        command(folder, config, name, *settings, launcher=launcher),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=900, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / name


def weights(output: Path) -> torch.Tensor:
    tensors, _ = load_checkpoint(output / "emotion_motion.safetensors")
    return torch.cat([tensors[name].float().flatten() for name in sorted(tensors)])


@pytest.fixture(scope="module")
def whole(folder) -> Path:
    return run(folder, "usual", "first")


@pytest.fixture(scope="module")
def doubled(folder, whole) -> torch.Tensor:
    """What one process learns from batches of eight."""
    return weights(run(folder, "divisible", "doubled", "batch_size=8"))


@pytest.mark.parametrize(
    ("name", "launcher", "settings"), [("processes", TWO, ()), ("accumulated", ONE, ("gradient_accumulation_steps=2",))]
)
def test_two_processes_or_two_batches_a_step_learn_as_one_of_the_doubled_batch(
    folder, doubled, name, launcher, settings
):
    learned = weights(run(folder, "divisible", name, *settings, launcher=launcher))
    first = weights(run(folder, "divisible", f"{name}_single"))
    assert (learned - doubled).abs().max() < 1e-4  # fp16 of the weights
    assert (first - doubled).norm() > 100 * (learned - doubled).norm()  # single batches of four are something else


def test_a_killed_run_goes_on_as_if_it_had_not_been(folder, whole):
    running = subprocess.Popen(
        command(folder, "usual", "killed", "num_steps=6"),
        cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
    )  # fmt: skip
    while running.poll() is None and not (folder / "killed" / "checkpoint-2").exists():
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert (folder / "killed" / "checkpoint-2").exists()
    assert not (folder / "killed" / "emotion_motion.safetensors").exists()
    assert torch.equal(weights(run(folder, "usual", "killed")), weights(whole))
    validated = [(run / "validation.csv").read_text() for run in (folder / "killed", whole)]
    assert validated[0] == validated[1] and validated[0].count("\n") == 4


def test_a_checkpoint_that_was_cut_off_gives_way_to_the_one_before(folder, whole):
    run(folder, "usual", "damaged")
    assert sorted(each.name for each in (folder / "damaged").glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-4"]
    stored = folder / "damaged" / "checkpoint-4" / "model.safetensors"
    stored.write_bytes(stored.read_bytes()[:1000])
    (folder / "damaged" / "emotion_motion.safetensors").unlink()
    assert torch.equal(weights(run(folder, "usual", "damaged")), weights(whole))


def test_a_run_that_learns_no_more_stops_and_its_figures_do_not_depend_on_the_processes(folder, whole):
    settings = ("learning_rate=0.0", "validate_every=1", "patience=1", "ema_decay=0")
    figures = {
        name: (run(folder, "usual", name, *settings, launcher=launcher) / "validation.csv").read_text()
        for name, launcher in (("still", ONE), ("still_too", TWO))
    }
    assert figures["still"] == figures["still_too"]
    assert [row.split(",")[0] for row in figures["still"].splitlines()] == ["step", "1", "2"]


def test_features_that_were_cut_off_are_made_again(folder, whole):
    settings = ("num_steps=1", "release=last", "validate_every=0")
    command(folder, "usual", "cut")  # copies the features
    stored = next((folder / "cut" / "features").glob("*.pt"))
    stored.write_bytes(stored.read_bytes()[:1000])
    done = subprocess.run(
        command(folder, "usual", "cut", *settings),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=900, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"{stored.name} cannot be read" in done.stderr and "made again" in done.stderr
    first, again = (torch.load(run / "features" / stored.name) for run in (whole, folder / "cut"))
    assert all(torch.equal(*pair) for pair in zip(first[0], again[0], strict=True))


def test_half_precision_learns_nearly_the_same(folder, whole):
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1"]
    halved = run(folder, "usual", "halved", launcher=[*launcher, "--mixed_precision", "bf16"])
    figures = [
        [float(row["loss"]) for row in csv.DictReader((run / "validation.csv").open())] for run in (halved, whole)
    ]
    assert figures[0] == pytest.approx(figures[1], rel=0.05) and figures[0] != figures[1]
    assert weights(halved).isfinite().all()


def test_a_tracker_is_told_of_losses_or_missed_in_one_sentence(folder, whole):
    asked = subprocess.run(
        command(folder, "usual", "tracked", "trackers=[tensorboard]", "num_steps=1"),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=900, env=ENVIRONMENT,
    )  # fmt: skip
    if "tensorboard" in get_available_trackers():
        assert list((folder / "tracked").rglob("events.out.tfevents.*"))
    else:
        assert asked.returncode != 0
        assert "Error: trackers: tensorboard is not installed. Install it: pip install tensorboard." in asked.stderr


def test_a_run_whose_loss_is_no_number_stops_with_the_names_of_its_clips(folder, whole):
    stopped = subprocess.run(
        command(folder, "usual", "nan", "learning_rate=1.0e+30", "warmup_steps=1"),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=900, env=ENVIRONMENT,
    )  # fmt: skip
    assert stopped.returncode != 0
    assert "Error: Step 2: " in stopped.stderr and "lower learning_rate" in stopped.stderr
    assert "babble_" in stopped.stderr.split("The batch was made of ")[1]
    assert not list((folder / "nan").glob("*.safetensors"))
    assert "Traceback" not in stopped.stderr


def test_processes_that_accelerate_does_not_start_are_missed(folder):
    options = ["--cpu", "--num_processes", "2", "train/train.py", "--config", str(folder / "usual.yaml")]
    lost = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.launch", *options, "--output", str(folder / "lost")],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=900, env=ENVIRONMENT,
    )  # fmt: skip
    assert lost.returncode != 0
    assert "torchrun --nproc_per_node 2" in lost.stderr
    assert not (folder / "lost").exists()
