"""Checkpoints are found by their step, and losses fill one table."""

import csv

import torch

from cemnet.training.run_folder import log_losses, newest_checkpoint


def test_the_newest_checkpoint_is_the_one_of_the_highest_step(tmp_path):
    assert newest_checkpoint(tmp_path) is None
    for step in (500, 1000, 90):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert newest_checkpoint(tmp_path) == (tmp_path / "checkpoint-1000", 1000)


def test_losses_are_rows_of_one_table(tmp_path):
    path = tmp_path / "losses.csv"
    for step in (10, 20):
        log_losses(path, step, {"head": torch.tensor(0.5 / step), "course": torch.tensor(2.0)})
    assert path.read_text().count("step,head,course") == 1
    rows = list(csv.DictReader(path.open()))
    assert [row["step"] for row in rows] == ["10", "20"]
    assert rows[1] == {"step": "20", "head": "0.02500", "course": "2.00000"}
