"""Processes that do the jobs of a batch, each with one thread and a model that it loads once."""

import argparse
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from typing import Any

from ..errors import CEMNetError
from .ending import ended_by_signals
from .job_summary import Outcome

Run = Callable[[argparse.Namespace], None]  # runs the command that the arguments name
Jobs = Generator[tuple[int, Outcome], None, None]
Pipe = Any  # an end of multiprocessing.Pipe, whose class depends on the system
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
ENDING_SECONDS = 20.0  # that a worker has to tidy up
UNEXPECTED = "{} ({}), which is a fault of cemnet. Run this row alone, as `cemnet {}`, and report what it prints."


@dataclass
class Worker:
    """A process, our end of the pipe to it, and the number of the job that it does."""

    process: SpawnProcess
    pipe: Pipe
    job: int | None = None


def run_jobs(jobs: Mapping[int, argparse.Namespace], run: Run, num_workers: int) -> Jobs:
    """Does jobs by `run` in so many processes, and yields the number and the outcome of each as they end.

    A process that dies costs the job that it did, and another takes its place. Where the caller stops, or is
    interrupted, the processes end and leave no partial files.
    """
    waiting = [*jobs][::-1]
    workers: list[Worker] = []
    try:
        while waiting or any(worker.job is not None for worker in workers):
            while waiting and len(workers) < min(num_workers, len(jobs)):
                workers.append(started(run))
            for worker in workers:
                if worker.job is None and waiting:
                    worker.job = waiting.pop()
                    give(worker, jobs[worker.job])
            ready = connection.wait([worker.pipe for worker in workers if worker.job is not None])
            for worker in [each for each in workers if each.pipe in ready]:
                number, outcome = worker.job, taken(worker)
                worker.job = None
                if outcome is None:
                    workers.remove(worker)
                    outcome = Outcome("failed", sentence=death(worker.process))
                assert number is not None
                yield number, outcome
    finally:
        end(workers)


def started(run: Run) -> Worker:
    """A new worker. It ignores Ctrl-C, which reaches all processes of a terminal: we tell it to end."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(theirs, run), daemon=True)
    with inherited({name: "1" for name in THREADS}):
        process.start()
    theirs.close()
    return Worker(process, ours)


@contextmanager
def inherited(variables: dict[str, str]) -> Iterator[None]:
    """Processes that start inside the block have these variables, and ignore Ctrl-C."""
    before = {name: os.environ.get(name) for name in variables}
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main else None
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        if in_main:
            signal.signal(signal.SIGINT, handler)


def give(worker: Worker, arguments: argparse.Namespace) -> None:
    """Sends a job; one that died meanwhile is noticed when its answer is waited for."""
    try:
        worker.pipe.send(arguments)
    except OSError:
        return


def taken(worker: Worker) -> Outcome | None:
    """A worker's answer, or None where it has died."""
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        return None


def death(process: SpawnProcess) -> str:
    """Why a worker died, as far as its exit status tells."""
    process.join(ENDING_SECONDS)
    status = process.exitcode
    how = f"signal {-status}" if status is not None and status < 0 else f"exit status {status}"
    return f"The process that did this job died ({how}). Where memory is short, use fewer --workers."


def end(workers: Sequence[Worker]) -> None:
    """Ends the processes: those that do a job stop, and remove what is not complete."""
    for worker in workers:
        if worker.job is not None:
            worker.process.terminate()
        worker.pipe.close()
    for worker in workers:
        worker.process.join(ENDING_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def work(pipe: Pipe, run: Run) -> None:
    """What a worker does: one job after the other, until there are no more or whoever started it has ended."""
    silence = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):  # also for libraries that print by themselves
        os.dup2(silence, output)
    try:
        with ended_by_signals():
            threading.Thread(target=end_with_parent, daemon=True).start()
            import cv2
            import torch

            torch.set_num_threads(1)
            cv2.setNumThreads(1)
            worked = Worked(run)
            while True:
                pipe.send(worked.outcome(pipe.recv()))
    except (EOFError, OSError, KeyboardInterrupt):
        return


def end_with_parent() -> None:
    """Waits until whoever started this process has ended, and ends it then."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


class Worked:
    """Does jobs one after the other with one model; `run` does one."""

    def __init__(self, run: Run):
        self.run = run
        self.loaded: dict[object, object] = {}

    def outcome(self, arguments: argparse.Namespace) -> Outcome:
        """Does a job and tells what became of it."""
        begin, told, logger = time.monotonic(), Told(), logging.getLogger(__name__.partition(".")[0])
        logger.addHandler(told)
        try:
            arguments.loaded, arguments.written = self.loaded, []
            self.run(arguments)
            status, sentence = "made", " ".join(told.sentences)
        except CEMNetError as error:
            status, sentence = "failed", str(error)
        except MemoryError:
            status, sentence = "failed", "There is not enough memory for this job. Use fewer --workers."
        except Exception as error:
            words = " ".join(str(error).split()) or "without a word"
            status, sentence = "failed", UNEXPECTED.format(type(error).__name__, words[:200], arguments.command)
        finally:
            logger.removeHandler(told)
        return Outcome(status, time.monotonic() - begin, sentence)


class Told(logging.Handler):
    """Keeps what the library warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one warning."""
        self.sentences.append(record.getMessage())
