"""Motion files: Live Link Face CSV for animation tools, JSON for programs.

The JSON holds {"format": "cemnet-motion", "version": 1, "fps", "blendshapes": [52 names], "expression": [[52 weights]
per frame], "head": [[yaw, pitch, roll in radians] per frame]}, "breath": [[rise of the shoulders in full breaths] per
frame] and "memory_address" where they are known.
"""

import json
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import ARKIT_NAMES
from ..errors import MotionFileError
from ..output_file import OutputFile, check_output
from ..performance_settings import FASTEST_FPS, SLOWEST_FPS, is_within
from ..types import MOTION_FPS, Motion
from .live_link import MOST_FRAMES, WRITTEN_AT_ONCE, check_size, read_motion_csv, write_motion_csv

FORMAT, VERSION = "cemnet-motion", 1
MOTION_SUFFIXES = (".csv", ".json")
DECIMALS = 6


def check_motion_file(path: Path, overwrite: bool) -> None:
    """Raises MotionFileError where a motion file cannot be written: see `check_output`."""
    check_output(path, overwrite, MOTION_SUFFIXES, "motion file", MotionFileError)


def write_motion(path: Path, motion: Motion, overwrite: bool = False) -> None:
    """Writes CSV or JSON, by the suffix of the name.

    MotionFileError for another suffix, and where the file exists (unless `overwrite`) or cannot be written.
    """
    check_motion_file(path, overwrite)
    writer = write_motion_csv if path.suffix.lower() == ".csv" else write_motion_json
    writer(path, motion, overwrite)


def read_motion(path: Path, fps: float = MOTION_FPS) -> Motion:
    """Reads CSV or JSON, by the suffix of the name; `fps` as for `read_motion_csv`.

    MotionFileError for another suffix, and where the file is missing or damaged; its sentence names the place.
    """
    if path.suffix.lower() not in MOTION_SUFFIXES:
        raise MotionFileError(f"The motion file {path} must end in {' or '.join(MOTION_SUFFIXES)}.")
    if not path.is_file():
        raise MotionFileError(f"There is no motion file at {path}. Check the path.")
    check_size(path)
    return read_motion_csv(path, fps) if path.suffix.lower() == ".csv" else read_motion_json(path)


def write_motion_json(path: Path, motion: Motion, overwrite: bool = False) -> None:
    """Writes JSON.

    MotionFileError where a curve is not finite, or the file exists (unless `overwrite`) or cannot be written.
    """
    check_output(path, overwrite, (".json",), "motion file", MotionFileError)
    curves = {"expression": motion.expression, "head": motion.head}
    if motion.memory_address is not None:
        curves["memory_address"] = motion.memory_address
    if motion.breath is not None:
        curves["breath"] = motion.breath.unsqueeze(1)
    for name, values in curves.items():
        if not all(part.isfinite().all() for part in values.split(WRITTEN_AT_ONCE)):
            raise MotionFileError(f"The motion's {name} holds a value that is not a number, so it was not written.")
    document = {"format": FORMAT, "version": VERSION, "fps": motion.fps, "blendshapes": list(ARKIT_NAMES)}
    with (
        OutputFile(path, overwrite, MotionFileError) as output,
        output.partial.open("w", encoding="utf-8") as file,
    ):
        file.write(json.dumps(document).removesuffix("}"))
        for name, values in curves.items():
            file.write(f', "{name}": [')
            for first in range(0, len(values), WRITTEN_AT_ONCE):
                rows = json.dumps(rounded_rows(values[first : first + WRITTEN_AT_ONCE]))
                file.write((", " if first else "") + rows[1:-1])
            file.write("]")
        file.write("}")


def read_motion_json(path: Path) -> Motion:
    """Reads JSON with its blendshapes in any order; missing ones are 0. MotionFileError where it is damaged."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=named_once)
    except RecursionError:
        raise MotionFileError(f"{path} cannot be read as JSON: it has lists in lists in lists, too deep.") from None
    except (OSError, ValueError) as error:
        raise MotionFileError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise MotionFileError(f'{path} is not a motion file: it needs "format": "{FORMAT}".')
    if document.get("version") != VERSION:
        version = str(document.get("version"))[:40]
        raise MotionFileError(f"{path} is of version {version}; this program reads version {VERSION}.")
    fps = document.get("fps")
    if isinstance(fps, bool) or not is_within(fps, SLOWEST_FPS, FASTEST_FPS):
        raise MotionFileError(f"{path} has no fps from {SLOWEST_FPS:g} to {FASTEST_FPS:g}, but {str(fps)[:40]}.")
    assert isinstance(fps, (int, float))
    given = table(path, document, "expression")
    names = document.get("blendshapes")
    if not isinstance(names, list) or len(names) != given.shape[1] or not all(name in ARKIT_NAMES for name in names):
        raise MotionFileError(f"{path}: blendshapes has to name each column of expression by ARKit's names.")
    if len(set(names)) < len(names):
        raise MotionFileError(f"{path}: blendshapes has a name more than once. Each column needs one of its own.")
    expression = torch.zeros(len(given), len(ARKIT_NAMES))
    expression[:, [ARKIT_NAMES.index(name) for name in names]] = given
    head = table(path, document, "head") if "head" in document else torch.zeros(len(given), 3)
    address = table(path, document, "memory_address") if "memory_address" in document else None
    breath = table(path, document, "breath") if "breath" in document else None
    if head.shape != (len(given), 3) or any(part is not None and len(part) != len(given) for part in (address, breath)):
        raise MotionFileError(f"{path}: head needs three angles, and every part as many frames as expression has.")
    if breath is not None and breath.shape[1] != 1:
        raise MotionFileError(f"{path}: breath needs one number a frame.")
    return Motion(expression.clamp(0, 1), head, float(fps), address, None if breath is None else breath[:, 0])


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of JSON with these names and values; ValueError where a name comes twice, so that one were lost."""
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:40]!r} stands there more than once")
    return document


def rounded_rows(values: Float[Tensor, "frame channel"]) -> list[list[float]]:
    """The values as lists, rounded to DECIMALS."""
    return [[round(value, DECIMALS) for value in row] for row in values.detach().cpu().tolist()]


def table(path: Path, document: dict[str, Any], name: str) -> Float[Tensor, "frame channel"]:
    """One part of the document as numbers, a row per frame."""
    try:
        values = torch.tensor(document[name], dtype=torch.float32)
    except (KeyError, ValueError, TypeError, RuntimeError, OverflowError):  # the last two for numbers of many digits
        raise MotionFileError(f"{path}: {name} has to be a list of frames, each a list of numbers.") from None
    if values.ndim == 2 and len(values) > MOST_FRAMES:
        raise MotionFileError(f"{path} has over {MOST_FRAMES} frames. Cut the take into parts.")
    if values.ndim != 2 or values.shape[0] == 0 or not values.isfinite().all():
        raise MotionFileError(f"{path}: {name} has to be a list of frames, each a list of finite numbers.")
    return values
