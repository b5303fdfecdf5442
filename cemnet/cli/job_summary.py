"""The summary of a batch: what became of each job, as a table for people and as a CSV file by which a batch goes on."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import CEMNetError
from ..output_file import OutputFile, check_output
from .checks import input_files
from .job_table import Job

Status = Literal["made", "skipped", "failed", "not made"]
COLUMNS = ("row", "status", "seconds", "output", "sentence", "job")


@dataclass(frozen=True)
class Outcome:
    """What became of a job; the sentence says why it failed, or what there is to know of it."""

    status: Status
    seconds: float = 0.0
    sentence: str = ""


def summary_path(table: Path) -> Path:
    """Where the summary of a table lies: beside it, jobs.summary.csv of jobs.csv; that of a folder inside it."""
    if table.is_dir():
        return table / "batch.summary.csv"
    return table.with_name(f"{table.stem}.summary.csv")


def fingerprint(job: Job) -> str:
    """A short text that is another one when the row or one of its files changes; CEMNetError for a missing file."""
    assert job.arguments is not None
    files = []
    for path in input_files(job.arguments):
        if not path.is_file():
            raise CEMNetError(f"There is no file at {path}. Check the path.")
        files.append((path.stat().st_size, path.stat().st_mtime_ns))
    command, *typed = (word for word in job.typed if word != "--overwrite")
    typed.sort(key=lambda word: word.partition("=")[0])  # columns may change places, pictures of a person may not
    return hashlib.sha256(json.dumps([command, typed, files]).encode()).hexdigest()[:16]


def recorded(path: Path) -> dict[str, str]:
    """Of what each output was made, as a summary has it: fingerprints by the output's name in the table.

    CEMNetError where another file has the summary's name.
    """
    if not path.exists():
        return {}
    try:
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    except (OSError, ValueError, csv.Error):
        header, rows = [], []
    if tuple(header) != COLUMNS:
        raise CEMNetError(f"{path} is not the summary of a batch, and would be replaced by it. Rename it.")
    named = (dict(zip(COLUMNS, row, strict=False)) for row in rows)
    return {row["output"]: row["job"] for row in named if row.get("job")}


def check_summary(path: Path) -> None:
    """Raises CEMNetError where the summary cannot be written."""
    check_output(path, overwrite=True, suffixes=(".csv",), what="summary")


def write_summary(path: Path, jobs: Sequence[Job], outcomes: Sequence[Outcome], record: Mapping[str, str]) -> None:
    """Writes the summary, a row for each job, with the `record` of `recorded`; CEMNetError where it cannot."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for job, outcome in zip(jobs, outcomes, strict=True):
        seconds, name = f"{outcome.seconds:.1f}", written_name(job)
        writer.writerow([job.row, outcome.status, seconds, name, outcome.sentence, record.get(name, "")])
    with OutputFile(path, overwrite=True) as output:
        output.partial.write_text(text.getvalue(), encoding="utf-8", newline="")


def summary_table(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> str:
    """The summary in aligned columns, and how many jobs came to which end."""
    rows = [COLUMNS[:-1]] + [
        (str(job.row), outcome.status, f"{outcome.seconds:.1f}", written_name(job), outcome.sentence)
        for job, outcome in zip(jobs, outcomes, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, counts(outcomes)])


def counts(outcomes: Sequence[Outcome]) -> str:
    """How many jobs came to which end: 3 made, 1 failed."""
    statuses = [outcome.status for outcome in outcomes]
    ends = ("made", "skipped", "failed", "not made")
    return ", ".join(f"{statuses.count(end)} {end}" for end in ends if end in statuses)


def written_name(job: Job) -> str:
    """The output as the row names it, or nothing where it names none."""
    return next((word.removeprefix("--output=") for word in job.typed if word.startswith("--output=")), "")
