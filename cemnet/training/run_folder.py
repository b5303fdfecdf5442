"""What a training run leaves in its output folder: numbered checkpoints and losses.csv."""

import csv
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

UNFINISHED = ".unfinished"  # ends the name of a checkpoint that is being written


def checkpoints(output: Path) -> list[tuple[Path, int]]:
    """The folders `checkpoint-STEP` and their steps, the newest first; those that were not finished do not count."""
    found = ((folder, re.fullmatch(r"checkpoint-(\d+)", folder.name)) for folder in output.glob("checkpoint-*"))
    return sorted(((folder, int(name[1])) for folder, name in found if name), key=lambda each: -each[1])


def unfinished_checkpoint(output: Path, step: int) -> Path:
    """Where a checkpoint is written before it gets its name."""
    return output / f"checkpoint-{step}{UNFINISHED}"


def clear(folder: Path) -> None:
    """Removes what an earlier run left in the folder of an unfinished checkpoint, and the folder."""
    shutil.rmtree(folder, ignore_errors=True)


def finish_checkpoint(unfinished: Path, keep: int) -> None:
    """Gives a written checkpoint its name, and removes all but the newest `keep` (0 keeps all)."""
    finished = unfinished.with_name(unfinished.name.removesuffix(UNFINISHED))
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.rename(finished)
    for folder, _ in checkpoints(finished.parent)[keep:] if keep else ():
        shutil.rmtree(folder, ignore_errors=True)


def log_losses(path: Path, step: int, losses: Mapping[str, Tensor]) -> None:
    """Appends a row to a csv file: the step and every loss (unweighted, 5 decimals). A new file gets a header."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", *losses])
        writer.writerow([step, *(f"{value.item():.5f}" for value in losses.values())])


def forget_losses(path: Path, last_step: int) -> None:
    """Removes the rows of later steps, which a resumed run writes again, and a row that was cut off."""
    if not path.exists():
        return
    header, *rows = path.read_text().splitlines(keepends=True)
    complete = [row for row in rows if row.endswith("\n") and row.count(",") == header.count(",")]
    kept = [row for row in complete if int(row.split(",")[0]) <= last_step]
    path.write_text("".join([header, *kept]))
