"""Breaks the code on purpose, one small patch at a time, and shows that the tests notice.

    python tests/mutants.py [--only NAME] [--jobs N]

The patches (mutants) are listed in tests/mutants.yaml. Each one replaces a text that stands exactly once in a file. It
is applied to a copy of the checkout in a temporary folder, and only the tests that must catch it run there. The exit
status is 1 when these tests fail without any mutant, when a mutant survives, when it does not run at all, or when its
text is not found exactly once: the mutant is stale then, and its `find` needs the new text.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_suffix(".yaml")
PASSED, FAILED = 0, 1  # exit statuses of pytest; any other says that no test gave an answer
LONGEST_SECONDS = 900  # for the tests of one mutant, which may loop for ever


class MutantError(Exception):
    """The list of mutants does not fit the code, or the tests fail without any mutant."""


@dataclass(frozen=True)
class Mutant:
    """One small patch, in words (`breaks`) and in text, and the tests that must fail with it."""

    name: str
    file: str
    find: str
    replace: str
    breaks: str
    caught_by: tuple[str, ...]  # test files or test ids, relative to the checkout

    def patched(self, source: str) -> str:
        """The file's text with the mutant in it; MutantError where the text to find does not stand exactly once."""
        count = source.count(self.find)
        if count != 1:
            raise MutantError(f"{self.name} is stale: {self.file} holds its text {count} times.\n{self.find}")
        return source.replace(self.find, self.replace)


@dataclass(frozen=True)
class Verdict:
    """How the tests of one mutant ended."""

    mutant: Mutant
    caught_by: str  # the first test that failed, empty where none did
    error: str  # why the tests gave no answer, empty where they did
    seconds: float

    @property
    def outcome(self) -> str:
        """The cell of the table: a test, or why there is none."""
        return self.caught_by or (f"NO ANSWER: {self.error}" if self.error else "SURVIVED")


def read_mutants() -> list[Mutant]:
    """The list in tests/mutants.yaml; MutantError where a name stands twice or a text is stale."""
    entries = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    mutants = [Mutant(**{**entry, "caught_by": tuple(entry["caught_by"])}) for entry in entries]
    if len({mutant.name for mutant in mutants}) < len(mutants):
        raise MutantError(f"{LIST.name} holds a name twice.")
    for mutant in mutants:
        mutant.patched((REPOSITORY / mutant.file).read_text(encoding="utf-8"))
    return mutants


def copy_checkout(folder: Path) -> None:
    """Copies everything that git tracks or would track, weights included."""
    listed = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in names:
        if name and (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)


def run_tests(folder: Path, tests: Sequence[str], stop_at_first: bool) -> tuple[int, str]:
    """Runs tests in a copy of the checkout; pytest's exit status and what it printed."""
    # Compiled files are told apart by time and size, which a mutant may leave as they are: write none.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *(["-x"] if stop_at_first else []),
        *tests,
    ]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"FAILED within {LONGEST_SECONDS} seconds: they did not end"
    return done.returncode, done.stdout + done.stderr


def check_tests(folder: Path, mutants: Sequence[Mutant]) -> None:
    """MutantError where a test that is to catch a mutant fails without it."""
    tests = sorted({test for mutant in mutants for test in mutant.caught_by})
    files = [test for test in tests if "::" not in test or test.split("::")[0] not in tests]
    status, printed = run_tests(folder, files, stop_at_first=False)
    if status != PASSED:
        raise MutantError(f"Without any mutant the tests do not pass.\n{printed.split('short test summary')[-1]}")


def try_mutant(folder: Path, mutant: Mutant) -> Verdict:
    """Applies the mutant to the copy, runs its tests, and takes it back."""
    path, started = folder / mutant.file, time.monotonic()
    source = path.read_text(encoding="utf-8")
    path.write_text(mutant.patched(source), encoding="utf-8")
    try:
        status, printed = run_tests(folder, mutant.caught_by, stop_at_first=True)
    finally:
        path.write_text(source, encoding="utf-8")
    first = re.search(r"^(?:FAILED|ERROR) (?:\S*/)?(.+?)(?: - .*)?$", printed, re.MULTILINE)
    caught = first[1] if first and status == FAILED else ""
    error = "" if status in (PASSED, FAILED) else printed.strip().splitlines()[-1]
    return Verdict(mutant, caught, error, time.monotonic() - started)


def try_all(mutants: Sequence[Mutant], jobs: int) -> list[Verdict]:
    """Every mutant's verdict; each of the jobs has a copy of the checkout for itself."""
    with tempfile.TemporaryDirectory() as temporary:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            folder = Path(temporary) / f"copy_{number}"
            copy_checkout(folder)
            free.put(folder)
        check_tests(Path(temporary) / "copy_0", mutants)

        def verdict(mutant: Mutant) -> Verdict:
            folder = free.get()
            try:
                return try_mutant(folder, mutant)
            finally:
                free.put(folder)

        with ThreadPoolExecutor(jobs) as pool:
            verdicts = []
            for tried in pool.map(verdict, mutants):
                print(f"{tried.mutant.name:34} {tried.seconds:5.0f} s  {tried.outcome}", flush=True)
                verdicts.append(tried)
            return verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", help="try this mutant alone, or all whose name begins with this")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many mutants are tried at once (1)")
    arguments = parser.parse_args()
    try:
        mutants = [mutant for mutant in read_mutants() if mutant.name.startswith(arguments.only or "")]
        if not mutants:
            raise MutantError(f"There is no mutant {arguments.only}.")
        print(f"{'mutant':34} {'time':>7}  caught by", flush=True)
        verdicts = try_all(mutants, max(arguments.jobs, 1))
    except MutantError as error:
        raise SystemExit(str(error)) from None
    missed = [verdict for verdict in verdicts if not verdict.caught_by]
    print(f"{len(verdicts) - len(missed)} of {len(verdicts)} mutants are caught.")
    for verdict in missed:
        print(f"{verdict.mutant.name}: {verdict.outcome}. {verdict.mutant.breaks}")
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
