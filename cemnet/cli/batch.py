"""`cemnet batch`: a table of jobs, checked as a whole, done in several processes, and gone on with after an end."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from ..errors import CEMNetError
from .checks import check_animate, check_dub, check_render, input_files, output_files, place
from .job_summary import (
    Outcome,
    check_summary,
    counts,
    fingerprint,
    recorded,
    summary_path,
    summary_table,
    write_summary,
    written_name,
)
from .job_table import Job, read_jobs
from .job_workers import run_jobs

MOST_WORKERS = 256


def batch(arguments: argparse.Namespace, run: Callable[[argparse.Namespace], None]) -> None:
    """Does the jobs of a table by `run`, and tells what became of each; CEMNetError where one of them failed.

    All rows are checked before any work. Rows that cannot be, and jobs that fail, do not stop the others. A job whose
    files are there, made from the same row and the same inputs, is skipped.
    """
    if not 1 <= arguments.workers <= MOST_WORKERS:
        raise CEMNetError(f"The number of workers has to be 1 to {MOST_WORKERS}, not {arguments.workers}.")
    summary = summary_path(arguments.jobs)
    jobs = read_jobs(arguments.jobs, arguments)
    check_summary(summary)
    record = recorded(summary)
    prints, outcomes = examined(jobs, record)
    refuse_meetings(jobs, outcomes, [arguments.jobs, summary])
    for job, outcome in zip(jobs, outcomes, strict=True):
        if outcome.status != "not made":
            tell(job, outcome)
    todo = {number: job.arguments for number, job in enumerate(jobs) if outcomes[number].status == "not made"}
    left = {number: given for number, given in todo.items() if given is not None}
    try:
        with closing(run_jobs(left, run, arguments.workers)) as done, progress(len(left)) as bar:
            for number, outcome in done:
                outcomes[number] = outcome
                if outcome.status == "made":
                    record[written_name(jobs[number])] = prints[number]
                    arguments.written += output_files(left[number])
                bar.update()
                tell(jobs[number], outcome)
                write_summary(summary, jobs, outcomes, record)
    finally:
        write_summary(summary, jobs, outcomes, record)
        print(f"\n{summary_table(jobs, outcomes)}\nWrote {summary}")
    if any(outcome.status == "failed" for outcome in outcomes):
        raise CEMNetError(f"Not every job could be done: {counts(outcomes)}. {summary} says why.")


def tell(job: Job, outcome: Outcome) -> None:
    """Prints what became of a job, above the progress bar."""
    words = f"Row {job.row}: {outcome.status} {written_name(job)}".rstrip()
    tqdm.write(f"{words}. {outcome.sentence}" if outcome.sentence else words, file=sys.stdout)


def progress(num_jobs: int) -> tqdm:
    """A bar for so many jobs."""
    return tqdm(total=num_jobs, unit="job", disable=num_jobs == 0)


def examined(jobs: Sequence[Job], record: Mapping[str, str]) -> tuple[list[str], list[Outcome]]:
    """The fingerprint of each job, and what is known of it before any work: "not made" where it has to be done.

    `record` tells of what the outputs were made that are there.
    """
    prints, outcomes = [""] * len(jobs), []
    for number, job in enumerate(jobs):
        outcome = Outcome("failed", sentence=job.fault)
        if job.arguments is not None:
            try:
                prints[number] = fingerprint(job)
                outcome = expected(job.arguments, record.get(written_name(job)) == prints[number])
            except CEMNetError as error:
                outcome = Outcome("failed", sentence=str(error))
        outcomes.append(outcome)
    return prints, outcomes


def expected(arguments: argparse.Namespace, was_made: bool) -> Outcome:
    """What has to be done for one job; CEMNetError where it cannot be."""
    if was_made and all(path.is_file() for path in output_files(arguments)):
        return Outcome("skipped", sentence="Made before from the same row.")
    {"animate": check_animate, "render": check_render, "dub": check_dub}[arguments.command](arguments)
    return Outcome("not made")


def refuse_meetings(jobs: Sequence[Job], outcomes: list[Outcome], own: Sequence[Path]) -> None:
    """Lets a job fail that writes what another one writes or reads, as nobody knows which of them comes first."""
    taken = {place(path): "the batch itself" for path in own}
    for job in jobs:
        if job.arguments is not None:
            for path in input_files(job.arguments):
                taken.setdefault(place(path), f"row {job.row} as its input")
    for number, job in enumerate(jobs):
        if job.arguments is None or outcomes[number].status == "failed":
            continue
        files = output_files(job.arguments)
        others = [f"{path.name} is used by {taken[place(path)]}" for path in files if place(path) in taken]
        if others:
            sentence = f"{' and '.join(others)}. Give each file a name of its own."
            outcomes[number] = replace(outcomes[number], status="failed", sentence=sentence)
        else:
            taken |= {place(path): f"row {job.row} as its output" for path in files}
