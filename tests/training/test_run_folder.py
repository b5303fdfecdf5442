"""Checkpoints are found by their step, those cut off do not count, and losses fill one table without repeats."""

import csv

import pytest
import torch

from cemnet.training.run_folder import (
    checkpoints,
    clear,
    finish_checkpoint,
    forget_losses,
    log_losses,
    unfinished_checkpoint,
)


def test_the_newest_checkpoint_is_the_one_of_the_highest_step(tmp_path):
    assert checkpoints(tmp_path) == []
    for step in (500, 1000, 90):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert checkpoints(tmp_path)[0] == (tmp_path / "checkpoint-1000", 1000)
    assert [step for _, step in checkpoints(tmp_path)] == [1000, 500, 90]


@pytest.mark.parametrize(("keep", "left"), [(0, [40, 30, 20, 10]), (2, [40, 30])])
def test_a_checkpoint_counts_when_it_is_whole_and_the_oldest_go(tmp_path, keep, left):
    for step in (10, 20, 30):
        (tmp_path / f"checkpoint-{step}").mkdir()
    unfinished = unfinished_checkpoint(tmp_path, 40)
    unfinished.mkdir()
    (unfinished / "half").write_text("cut off")
    assert [step for _, step in checkpoints(tmp_path)] == [30, 20, 10]
    clear(unfinished)
    assert not unfinished.exists()
    unfinished.mkdir()
    (unfinished / "whole").write_text("all of it")
    finish_checkpoint(unfinished, keep)
    assert [step for _, step in checkpoints(tmp_path)] == left
    assert (tmp_path / "checkpoint-40" / "whole").read_text() == "all of it"


def test_losses_are_rows_of_one_table(tmp_path):
    path = tmp_path / "losses.csv"
    for step in (10, 20):
        log_losses(path, step, {"head": torch.tensor(0.5 / step), "course": torch.tensor(2.0)})
    assert path.read_text().count("step,head,course") == 1
    rows = list(csv.DictReader(path.open()))
    assert [row["step"] for row in rows] == ["10", "20"]
    assert rows[1] == {"step": "20", "head": "0.02500", "course": "2.00000"}


def test_a_resumed_run_writes_no_step_twice(tmp_path):
    path = tmp_path / "losses.csv"
    forget_losses(path, 0)
    assert not path.exists()
    for step in (10, 20, 30):
        log_losses(path, step, {"head": torch.tensor(1.0), "course": torch.tensor(2.0)})
    with path.open("a") as file:
        file.write("40,0.1")  # killed while it wrote
    forget_losses(path, 25)
    log_losses(path, 30, {"head": torch.tensor(3.0), "course": torch.tensor(2.0)})
    assert [(row["step"], row["head"]) for row in csv.DictReader(path.open())] == [
        ("10", "1.00000"),
        ("20", "1.00000"),
        ("30", "3.00000"),
    ]
