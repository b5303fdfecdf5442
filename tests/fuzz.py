"""Damages small files of every kind that the library reads, and looks for what is neither a result nor a sentence.

    python tests/fuzz.py --minutes 5 [--only sound] [--first 0]

Each kind has a process of its own, so that a crash of native code, endless work and endless memory are noticed too.
What is found is kept in --output as a file, and printed with the number that makes it again.
"""

import argparse
import itertools
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fuzz_targets import TARGETS, damaged

from cemnet.errors import CEMNetError

LONGEST_TRY_SECONDS, LONGEST_START_SECONDS = 30.0, 300.0
MOST_GIGABYTES = 6  # of address space more than what a process has once its libraries are loaded
FILES_KEPT = 3  # of each kind of fault


def is_sentence(error: CEMNetError) -> bool:
    """Whether an error says in one line what is wrong."""
    words = str(error)
    return 10 < len(words) < 600 and "\n" not in words.strip() and words.endswith((".", "0.8"))


def fault_of(name: str, path: Path) -> str | None:
    """What is wrong with how a file is read; None where all is well."""
    try:
        TARGETS[name].read(path)
    except CEMNetError as error:
        return None if is_sentence(error) else f"no sentence {str(error)[:100]!r}"
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}: {str(error)[:120]!r}"
    return None


def try_files(name: str, first: int, folder: Path) -> None:
    """Reads damaged files from a number on without end, and tells of each try by a line."""
    target = TARGETS[name]
    (folder / "whole").mkdir(exist_ok=True)
    if not any((folder / "whole").iterdir()):
        target.make(folder / "whole")
    files = sorted((folder / "whole").iterdir())
    for file in files:
        target.read(file)
    limit_memory()
    by_suffix = {suffix: [file.read_bytes() for file in files if file.suffix == suffix] for suffix in target.suffixes}
    for number in itertools.count(first):
        suffix = target.suffixes[number % len(target.suffixes)]
        path = folder / f"{name}-{number}{suffix}"
        path.write_bytes(damaged(target, by_suffix[suffix], number))
        print(f"try {number} {path}", flush=True)
        fault = fault_of(name, path)
        if fault is None:
            path.unlink()
        else:
            print(f"fault {number} {fault}", flush=True)


def limit_memory() -> None:
    """Makes endless memory a MemoryError, where the system can."""
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        import resource

        used = int(statistics.read_text().split()[0]) * resource.getpagesize()
        most = used + (MOST_GIGABYTES << 30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


class Watch:
    """One kind of file, tried in processes that are started again where one ends or hangs."""

    def __init__(self, name: str, first: int, seconds: float, output: Path):
        self.name, self.number, self.seconds, self.output = name, first - 1, seconds, output
        self.num_tries = 0
        self.faults: dict[str, list[int]] = {}  # the numbers of the files by what is wrong

    def run(self) -> "Watch":
        """Tries until the time is over."""
        end = time.monotonic() + self.seconds
        with tempfile.TemporaryDirectory() as folder:
            while time.monotonic() < end:
                self._run_once(Path(folder), end)
        return self

    def _run_once(self, folder: Path, end: float) -> None:
        command = [sys.executable, __file__, "--worker", self.name, "--first", str(self.number + 1)]
        lines: queue.Queue[str | None] = queue.Queue()
        with subprocess.Popen(
            [*command, "--output", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            reader = threading.Thread(
                target=lambda: [lines.put(line) for line in process.stdout or ()] + [lines.put(None)]
            )
            reader.start()
            path = folder / "none"
            while time.monotonic() < end:
                try:
                    line = lines.get(timeout=LONGEST_TRY_SECONDS if path.exists() else LONGEST_START_SECONDS)
                except queue.Empty:
                    self._found(f"takes longer than {LONGEST_TRY_SECONDS:g} s", path)
                    break
                if line is None:
                    self._found(f"ends the process with {process.wait()}", path)
                    break
                kind, number, rest = line.rstrip("\n").split(" ", 2)
                if kind == "try":
                    self.number, path, self.num_tries = int(number), Path(rest), self.num_tries + 1
                else:
                    self._found(rest, path)
            process.kill()
            reader.join()

    def _found(self, fault: str, path: Path) -> None:
        key = re.split(r": | '| \"", fault)[0]
        numbers = self.faults.setdefault(key, [])
        numbers.append(self.number)
        if len(numbers) <= FILES_KEPT and path.exists():
            self.output.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, self.output / path.name)
            print(f"{self.name} {self.number}: {fault}", flush=True)


def main() -> None:
    """Tries every kind of file for some minutes; the exit status is 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=4.0, help="for all kinds together")
    parser.add_argument("--only", choices=TARGETS, action="append", help="a kind of file; may be given several times")
    parser.add_argument("--first", type=int, default=0, help="the number of the first damaged file of each kind")
    parser.add_argument("--jobs", type=int, default=2, help="kinds that are tried at a time")
    parser.add_argument("--output", type=Path, default=Path("output/fuzz"), help="where what is found is kept")
    parser.add_argument("--worker", choices=TARGETS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        try_files(options.worker, options.first, options.output)
    names = options.only or list(TARGETS)
    seconds = options.minutes * 60 * min(options.jobs, len(names)) / len(names)
    with ThreadPoolExecutor(options.jobs) as pool:
        watches = list(pool.map(lambda name: Watch(name, options.first, seconds, options.output).run(), names))
    for watch in watches:
        print(f"{watch.name:12} {watch.num_tries:7} tries, {len(watch.faults)} kinds of faults")
        for fault, numbers in watch.faults.items():
            print(f"    {len(numbers):5} times: {fault}; the first is number {numbers[0]}")
    raise SystemExit(any(watch.faults for watch in watches))


if __name__ == "__main__":
    main()
