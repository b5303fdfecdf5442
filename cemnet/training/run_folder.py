"""What a training run leaves in its output folder: numbered checkpoints, losses.csv and validation.csv."""

import csv
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from ..errors import CEMNetError

LOSSES, VALIDATION = "losses.csv", "validation.csv"
BEST = "best"  # the folder of the weights with the smallest loss in validation
MOST_NAMED = 12  # clips in a message
UNFINISHED = ".unfinished"  # ends the name of a checkpoint that is being written


def refuse_used_folder(output: Path) -> None:
    """CEMNetError where a new run would overwrite what is in a folder."""
    if output.is_dir() and any(output.iterdir()):
        raise CEMNetError(f"{output} is not empty. Give a new folder, or --resume to go on with the run in it.")


def what_to_do(sources: Sequence[str], output: Path) -> str:
    """What to tell whoever's run met what is no number: what was saved, and which clips the batch was made of."""
    more = f" and {len(sources) - MOST_NAMED} more" if len(sources) > MOST_NAMED else ""
    kept = checkpoints(output)
    saved = f"The newest checkpoint is that of step {kept[0][1]}." if kept else "There is no checkpoint."
    return (
        f"Nothing of this step was saved. {saved} The batch was made of {', '.join(sources[:MOST_NAMED])}{more}. Look "
        "for damaged clips among them, or lower learning_rate."
    )


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
    header, *rows = path.read_text().splitlines(keepends=True) or [""]
    complete = [row for row in rows if row.endswith("\n") and row.count(",") == header.count(",")]
    kept = [row for row in complete if int(row.split(",")[0]) <= last_step]
    path.write_text("".join([header, *kept]))
