"""Measures how captured faces idle, and writes the table that idle life is drawn from.

    python train/fit_idle.py --takes NEUROSYNC --output cemnet/motion/idle_statistics.json

The takes are Live Link Face files (.csv, or .csv.gz) of the NeuroSync Player: MySlate_161 to 163 show fear, 164 to 166
anger with disgust, 167 to 169 sadness, default_neutral nothing. Their licence is MIT for whoever earns under a million
dollars a year. The table holds means and deviations alone.
"""

import argparse
import gzip
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cemnet.motion.idle_statistics import IdleStatistics, idle_statistics
from cemnet.motion.live_link import read_motion_csv
from cemnet.types import Motion

TAKES = {
    "neutral": ("default_neutral",),
    "fear": ("MySlate_161_iPhone_cal", "MySlate_162_iPhone_cal", "MySlate_163_iPhone_cal"),
    "angry": ("MySlate_164_iPhone_cal", "MySlate_165_iPhone_cal", "MySlate_166_iPhone_cal"),
    "sad": ("MySlate_167_iPhone_cal", "MySlate_168_iPhone_cal", "MySlate_169_iPhone_cal"),
}
SOURCE = "NeuroSync Player, captured with Live Link Face: one person, 30 to 51 s a take, no speech, head removed"
LICENSE = "MIT for earnings under a million dollars a year (NeuroSync Player); these are statistics of it"


def read_take(path: Path) -> Motion:
    """A take, also a compressed one. MotionFileError where it cannot be read."""
    if path.suffix != ".gz":
        return read_motion_csv(path)
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / path.stem
        unpacked.write_bytes(gzip.decompress(path.read_bytes()))
        return read_motion_csv(unpacked)


def measure_takes(folder: Path) -> dict[str, IdleStatistics]:
    """Statistics of each emotion's takes in a folder; SystemExit where one is missing."""
    measured = {}
    for emotion, names in TAKES.items():
        paths = [next(iter(sorted(folder.glob(f"{name}.csv*"))), None) for name in names]
        found = [path for path in paths if path is not None]
        if len(found) < len(names):
            raise SystemExit(f"{folder} lacks a take of {emotion}: it needs {', '.join(names)} as .csv or .csv.gz.")
        measured[emotion] = idle_statistics([read_take(path) for path in found])
    return measured


def rounded(values: Any) -> Any:
    """Nested numbers with three digits after the point."""
    if isinstance(values, Mapping):
        return {name: rounded(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [rounded(value) for value in values]
    return round(float(values), 3)


def compact(document: Mapping[str, Any]) -> str:
    """JSON with a line for each list or group of numbers."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n"


def main() -> None:
    """Reads the command line and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=Path, required=True, help="folder of the captured takes")
    parser.add_argument("--output", type=Path, required=True, help="the table to write, .json")
    arguments = parser.parse_args()
    emotions = {emotion: rounded(found.to_dict()) for emotion, found in measure_takes(arguments.takes).items()}
    document = {"source": SOURCE, "license": LICENSE, "emotions": emotions}
    arguments.output.write_text(compact(document), encoding="utf-8")
    print(f"Wrote {arguments.output}")


if __name__ == "__main__":
    main()
