"""What a training run leaves in its output folder: numbered checkpoints and losses.csv."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor


def newest_checkpoint(output: Path) -> tuple[Path, int] | None:
    """The folder `checkpoint-STEP` of the highest step, and that step; None if there is none."""
    steps = {int(re.sub(r"\D", "", folder.name)): folder for folder in output.glob("checkpoint-*")}
    return (steps[max(steps)], max(steps)) if steps else None


def log_losses(path: Path, step: int, losses: Mapping[str, Tensor]) -> None:
    """Appends a row to a csv file: the step and every loss (unweighted, 5 decimals). A new file gets a header."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", *losses])
        writer.writerow([step, *(f"{value.item():.5f}" for value in losses.values())])
