"""The memory that each step of a long piece of work takes, and how it compares with a short one (Linux)."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
PEAK = re.compile(r"most during it +(\d+) MB")


def megabytes(field: str) -> float:
    """A field of /proc/self/status in MB: VmHWM is the most so far, VmRSS now, RssAnon what is of no file."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


def step_teller() -> Callable[[str], None]:
    """A function that prints the memory after a step, by its name, and the most since the step before."""
    start = time.monotonic()

    def told(step: str) -> None:
        print(
            f"{step:12} now {megabytes('VmRSS'):7.0f} MB, of no file {megabytes('RssAnon'):7.0f} MB, "
            f"most during it {megabytes('VmHWM'):7.0f} MB, {time.monotonic() - start:6.1f} s",
            flush=True,
        )
        CLEAR.write_text("5")  # the next peak is counted from here

    return told


def compare_lengths(
    script: str,
    option: str,
    lengths: Sequence[float],
    file_name: str,
    write: Callable[[Path, float], None],
    most_megabytes: float,
) -> None:
    """Runs the script on a file of each length (minutes), each in a process of its own, and prints what it told.

    SystemExit: 1 where the peak of the longest is more than so many megabytes over that of the shortest, else 0.
    """
    peaks = []
    for minutes in lengths:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file_name
            write(path, minutes)
            command = [sys.executable, script, option, str(path)]
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        print(f"{minutes:g} min\n{told}", flush=True)
        peaks.append(max(map(float, PEAK.findall(told))))
    print(f"{lengths[-1]:g} min take {peaks[-1] - peaks[0]:+.0f} MB more than {lengths[0]:g} min")
    raise SystemExit(peaks[-1] - peaks[0] > most_megabytes)
