"""Reads and writes the CSV files of Apple's Live Link Face, which animation tools know.

A row is: Timecode (HH:MM:SS:FF.fff), BlendShapeCount, the 52 blendshapes, HeadYaw HeadPitch HeadRoll in radians, and
yaw, pitch and roll of both eyes in radians. The eye rotations repeat the eyeLook blendshapes: they are written for
tools that need them, and ignored when read.
"""

import csv
import logging
import math
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from ..arkit import ARKIT_INDEX, ARKIT_NAMES
from ..curves import interpolate_curves
from ..errors import MotionFileError, quoted
from ..media.containers import exact_rate
from ..output_file import OutputFile, check_output
from ..performance_settings import FASTEST_FPS, SLOWEST_FPS, is_within
from ..types import MOTION_FPS, Motion

HEAD_COLUMNS = ("HeadYaw", "HeadPitch", "HeadRoll")
EYE_COLUMNS = tuple(f"{side}Eye{axis}" for side in ("Left", "Right") for axis in ("Yaw", "Pitch", "Roll"))
BLENDSHAPE_COLUMNS = tuple(name[0].upper() + name[1:] for name in ARKIT_NAMES)
CURVE_COLUMNS = (*BLENDSHAPE_COLUMNS, *HEAD_COLUMNS, *EYE_COLUMNS)
OPTIONAL_COLUMNS = ("TongueOut",)  # which the first versions of ARKit lack
COUNT_COLUMN = "BlendShapeCount"
COUNT_SYNONYMS = ("numproperties",)  # in lower case: how other programs call the same column
LEADING_COLUMNS = ("Timecode", COUNT_COLUMN)

FULL_LOOK_RADIANS = math.radians(30)  # an eyeLook blendshape of 1
LARGEST_BLENDSHAPE = 2.0  # curves pushed a little over 1 are cut; more than this is another unit
TIMECODE = re.compile(r"(\d{1,4}):(\d{1,4}):(\d{1,4})[:;](\d{1,4}(?:\.\d{1,12})?)")
COMMON_FPS = (25, 30, 50, 60, 100, 120)
LONGEST_PAUSE_SECONDS = 10
WRITTEN_AT_ONCE = 1000  # frames: all rows at once would take gigabytes
MOST_MEGABYTES = 250  # of a file: an hour at 60 frames a second has 150
MOST_FRAMES = 1_000_000  # over an hour at FASTEST_FPS
SECONDS_PER_DAY = 86_400


def write_motion_csv(path: Path, motion: Motion, overwrite: bool = False) -> None:
    """Writes CSV, completely or not at all.

    MotionFileError where a curve is not finite, or the file exists (unless `overwrite`) or cannot be written.
    """
    check_output(path, overwrite, (".csv",), "motion file", MotionFileError)
    for frame, values in enumerate(curve_rows(motion)):
        if not np.isfinite(values).all():
            column = CURVE_COLUMNS[int(np.isfinite(values).argmin())]
            raise MotionFileError(f"Frame {frame} of {column} is not a number, so the motion was not written.")
    rows = (
        [timecode(frame, motion.fps), len(CURVE_COLUMNS), *(f"{value:.9g}" for value in values)]
        for frame, values in enumerate(curve_rows(motion))
    )
    with (
        OutputFile(path, overwrite, MotionFileError) as output,
        output.partial.open("w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows(chain([[*LEADING_COLUMNS, *CURVE_COLUMNS]], rows))


def curve_rows(motion: Motion) -> Iterator[Float[np.ndarray, "curve"]]:
    """The values of CURVE_COLUMNS in each frame."""
    for first in range(0, motion.num_frames, WRITTEN_AT_ONCE):
        part = slice(first, first + WRITTEN_AT_ONCE)
        expression = motion.expression[part].detach().cpu().double().numpy()
        head = motion.head[part].detach().cpu().double().numpy()
        yield from np.concatenate([expression, head, eye_rotations(expression)], axis=1)


def read_motion_csv(path: Path, fps: float = MOTION_FPS) -> Motion:
    """Reads CSV; the frame rate follows from the timecodes, and unevenly timed rows are resampled to it.

    Rows in which the face was lost (a BlendShapeCount of 0) are filled in between the rows around them, and a warning
    says so; of rows with one timecode the first counts. `fps` is used only for a take of less than a second, whose
    timecodes do not show their rate. A file without head columns has a still head. Semicolons may part the cells, with
    commas in the numbers. Blendshapes a little outside 0 to 1 are clipped. Everything else that cannot be used is a
    MotionFileError that names row and column.
    """
    check_size(path)
    columns, rows = _read_table(path)
    rows, times = _seen_rows(path, columns, rows)
    values = _numbers(path, columns, rows)
    curves = np.stack([values[name] if name in values else np.zeros(len(rows)) for name in CURVE_COLUMNS], axis=1)
    num_blendshapes = len(BLENDSHAPE_COLUMNS)
    _refuse_other_units(path, curves[:, :num_blendshapes])
    try:
        curves, fps = evenly_timed(curves, times, fps)
    except MotionFileError as error:
        raise MotionFileError(f"{path}: {error}") from None
    return Motion(
        expression=torch.from_numpy(curves[:, :num_blendshapes]).float().clamp(0, 1),
        head=torch.from_numpy(curves[:, num_blendshapes : num_blendshapes + 3]).float(),
        fps=fps,
    )


def check_size(path: Path) -> None:
    """Raises MotionFileError for a file that is missing, no regular file, or larger than any motion is."""
    if not path.is_file():
        raise MotionFileError(f"There is no motion file at {path}. Check the path.")
    megabytes = path.stat().st_size / 1e6
    if megabytes > MOST_MEGABYTES:
        raise MotionFileError(f"{path} has {megabytes:.0f} MB, over {MOST_MEGABYTES}. Cut the take into parts.")


def eye_rotations(expression: Float[np.ndarray, "frame expression"]) -> Float[np.ndarray, "frame 6"]:
    """Yaw, pitch, roll of the left, then the right eye, in radians; positive yaw is to the face's left, pitch down."""

    def look(name: str) -> Float[np.ndarray, "frame"]:
        return FULL_LOOK_RADIANS * expression[:, ARKIT_INDEX[name]]

    left_yaw = look("eyeLookOutLeft") - look("eyeLookInLeft")
    right_yaw = look("eyeLookInRight") - look("eyeLookOutRight")
    left_pitch = look("eyeLookDownLeft") - look("eyeLookUpLeft")
    right_pitch = look("eyeLookDownRight") - look("eyeLookUpRight")
    no_roll = np.zeros_like(left_yaw)
    return np.stack([left_yaw, left_pitch, no_roll, right_yaw, right_pitch, no_roll], axis=1)


def timecode(frame: int, fps: float) -> str:
    """The timecode HH:MM:SS:FF.fff of a frame; at a rate such as 29.97 the frames count to the next whole rate."""
    frames_per_second = math.ceil(fps - 1e-6)
    seconds, thousandths = divmod(round(frame / fps * frames_per_second * 1000), frames_per_second * 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def evenly_timed(
    curves: Float[np.ndarray, "frame curve"], timecodes: Float[np.ndarray, "frame 2"], fps: float = MOTION_FPS
) -> tuple[Float[np.ndarray, "even_frame curve"], float]:
    """Curves resampled to a steady frame rate, and that rate.

    The rising timecodes hold whole seconds and frames within the second; `fps` as for `read_motion_csv`.
    MotionFileError for a rate out of bounds, and for more than MOST_FRAMES.
    """
    if len(curves) == 1:
        return curves, fps
    seconds = timecodes[:, 0] + timecodes[:, 1] / timecode_rate(timecodes, fps)
    seconds = seconds - seconds[0]
    step = float(np.median(np.diff(seconds)))
    steady = (len(seconds) - 1) / seconds[-1]
    if np.abs(np.diff(seconds) - step).max() < 0.1 * step:
        return curves, _usual(tidy_rate(steady))
    fps = _usual(tidy_rate(1 / step))
    if seconds[-1] * fps > MOST_FRAMES:
        raise MotionFileError(f"the take has over {MOST_FRAMES} frames. Cut it into parts.")
    even = np.arange(math.floor(seconds[-1] * fps + 1e-3) + 1) / fps
    return interpolate_curves(even, seconds, curves), fps


def timecode_rate(timecodes: Float[np.ndarray, "frame 2"], fps: float) -> float:
    """Timecode frames a second: measured where a second ends, else `fps` or the next usual rate above it."""
    seconds, frames = timecodes.T
    least = math.floor(frames.max()) + 1
    next_second = np.flatnonzero(np.diff(seconds) == 1)
    if len(next_second) == 0:
        return float(next((rate for rate in (math.ceil(fps), *COMMON_FPS) if rate >= least), least))
    steps = np.diff(frames)[np.diff(seconds) == 0]
    step = float(np.median(steps)) if len(steps) else 0.0
    return float(max(least, round(np.median(frames[next_second] + step - frames[next_second + 1]))))


def tidy_rate(fps: float) -> float:
    """A measured rate, or the whole or television rate that the precision of timecodes does not tell from it."""
    whole = round(fps)
    return float(whole) if abs(fps - whole) < max(2e-3, 2e-4 * fps) else television_rate(fps)


def _usual(fps: float) -> float:
    """A rate that motions have, as it is; MotionFileError for another."""
    if not is_within(fps, SLOWEST_FPS, FASTEST_FPS):
        raise MotionFileError(
            f"by their timecodes the rows come {fps:.6g} times a second. Rates from {SLOWEST_FPS:g} to {FASTEST_FPS:g} "
            "can be read."
        )
    return fps


def television_rate(fps: float) -> float:
    """24000/1001 and its like where a rate is one of them; another rate stays as it was measured."""
    exact = exact_rate(fps)
    return float(exact) if exact.denominator == 1001 and exact.numerator % 1000 == 0 else fps


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Column names in lower case and the rows; every row has as many cells as the header, or tells of no face."""
    try:
        text = path.read_text(encoding="utf-8-sig").splitlines()
        semicolons = bool(text) and text[0].count(";") > text[0].count(",")
        lines = list(csv.reader(text, delimiter=";" if semicolons else ","))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MotionFileError(f"{path} cannot be read as a Live Link Face CSV file: {error}.") from error
    lines = [[cell.strip() for cell in line] for line in lines if any(cell.strip() for cell in line)]
    if semicolons:  # where a comma stands in numbers
        lines = [[cell.replace(",", ".") for cell in line] for line in lines]
    if len(lines) < 2:
        raise MotionFileError(f"{path} holds no rows. Export the take again.")
    width = max(index + 1 for index, cell in enumerate(lines[0]) if cell)
    # Some programs end every row with a comma.
    lines = [line[:width] if not any(line[width:]) else line for line in lines]
    header, rows = lines[0], lines[1:]
    header = [COUNT_COLUMN if name.lower() in COUNT_SYNONYMS else name for name in header]
    columns = [name.lower() for name in header]
    _check_columns(path, header)
    # Recorders of the first iPhones count 51, as they know no TongueOut, whatever else stands in the row.
    counts = {len(columns) - len(LEADING_COLUMNS), len(BLENDSHAPE_COLUMNS), len(BLENDSHAPE_COLUMNS) - 1}
    count_column = columns.index("blendshapecount")
    for number, row in enumerate(rows, start=1):
        if is_lost(row, count_column):
            continue
        if len(row) != len(columns):
            raise MotionFileError(f"{path}, row {number} has {len(row)} cells where the header has {len(columns)}.")
        count = row[count_column]
        if count not in map(str, counts):
            raise MotionFileError(f"{path}, row {number}: BlendShapeCount is {quoted(count)}, not {max(counts)}.")
    return columns, rows


def is_lost(row: Sequence[str], count_column: int) -> bool:
    """Whether the recorder saw no face in a row: it counts no blendshapes, and says nothing of them."""
    return len(row) > count_column and row[count_column] == "0" and not any(row[count_column + 1 :])


def _seen_rows(
    path: Path, columns: Sequence[str], rows: Sequence[list[str]]
) -> tuple[list[list[str]], Float[np.ndarray, "frame 2"]]:
    """The rows that show a face at a time of their own, and their timecodes; a warning tells of the others."""
    times = _timecodes(path, [row[columns.index("timecode")] for row in rows])
    seen = np.array([not is_lost(row, columns.index("blendshapecount")) for row in rows])
    if not seen.any():
        raise MotionFileError(f"{path} shows a face in none of its rows. Record the take again.")
    new = np.append(True, (np.diff(times, axis=0) != 0).any(axis=1))
    if not seen.all():
        logging.getLogger(__name__).warning(
            "%s: the face was lost in %d of %d rows. They are filled in.", path, (~seen).sum(), len(rows)
        )
    kept = np.flatnonzero(seen & new) if (seen & new).any() else np.flatnonzero(seen)[:1]
    steps = np.diff(times[kept, 0])
    if len(steps) and steps.max() > LONGEST_PAUSE_SECONDS:
        row = kept[int(steps.argmax()) + 1] + 1
        raise MotionFileError(
            f"{path}, row {row}: before it the face was lost for {steps.max():.0f} seconds. Cut the take there."
        )
    return [rows[index] for index in kept.tolist()], times[kept]


def _check_columns(path: Path, header: Sequence[str]) -> None:
    """Every blendshape is there once, and no column is unknown."""
    known = {name.lower() for name in (*LEADING_COLUMNS, *CURVE_COLUMNS)}
    present = [name.lower() for name in header]
    for name in (*LEADING_COLUMNS, *BLENDSHAPE_COLUMNS):
        if name.lower() not in present and name not in OPTIONAL_COLUMNS:
            raise MotionFileError(f"{path} has no column {name}. A Live Link Face file has all 52 blendshapes.")
    for name in header:
        if name.lower() not in known:
            raise MotionFileError(f"{path} has an unknown column {quoted(name)}. Remove it, or correct its name.")
        if present.count(name.lower()) > 1:
            raise MotionFileError(f"{path} has the column {name} more than once.")


def _numbers(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """The curves of the file by their names in CURVE_COLUMNS; every cell is a finite number."""
    curves = {}
    for name in CURVE_COLUMNS:
        if name.lower() not in columns:
            continue
        column = columns.index(name.lower())
        curves[name] = np.array([_number(path, name, number, row[column]) for number, row in enumerate(rows, start=1)])
    return curves


def _number(path: Path, name: str, row_number: int, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise MotionFileError(f"{path}, row {row_number}, column {name}: {quoted(cell)} is not a number.")
    return value


def _refuse_other_units(path: Path, blendshapes: Float[np.ndarray, "frame expression"]) -> None:
    outside = np.argwhere(np.abs(blendshapes) > LARGEST_BLENDSHAPE)
    if len(outside):
        row, column = outside[0]
        name, value = BLENDSHAPE_COLUMNS[column], blendshapes[row, column]
        raise MotionFileError(
            f"{path}, row {row + 1}, column {name}: {value:g} is no blendshape weight. They run from 0 to 1."
        )


def _timecodes(path: Path, cells: Sequence[str]) -> Float[np.ndarray, "frame 2"]:
    """Whole seconds and frames within the second, rising, also over midnight."""
    timecodes = np.empty((len(cells), 2))
    for number, cell in enumerate(cells, start=1):
        match = TIMECODE.fullmatch(cell)
        if match is None:
            raise MotionFileError(
                f"{path}, row {number}: the timecode {quoted(cell)} is not of the form HH:MM:SS:FF.fff."
            )
        hours, minutes, seconds, frames = match.groups()
        timecodes[number - 1] = 3600 * int(hours) + 60 * int(minutes) + int(seconds), float(frames)
    midnights = np.cumsum(np.diff(timecodes[:, 0]) < -SECONDS_PER_DAY / 2)
    timecodes[1:, 0] += SECONDS_PER_DAY * midnights
    steps = np.diff(timecodes, axis=0)
    stuck = np.flatnonzero((steps[:, 0] < 0) | ((steps[:, 0] == 0) & (steps[:, 1] < 0)))
    if len(stuck):
        raise MotionFileError(f"{path}, row {stuck[0] + 2}: the timecode does not come after the one before it.")
    pauses = np.flatnonzero(steps[:, 0] > LONGEST_PAUSE_SECONDS)
    if len(pauses):
        raise MotionFileError(f"{path}, row {pauses[0] + 2}: the timecode jumps far ahead. Keep one take in a file.")
    return timecodes
