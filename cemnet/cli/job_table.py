"""Tables of jobs: each row a job, each column an option of the command by the name of its flag."""

import argparse
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ..errors import CEMNetError
from .arguments import build_parser
from .job_folder import folder_table

SMALLEST = {  # what each command needs at least: parsed, it tells which options the command has
    "animate": ["--portrait=x", "--speech=x", "--output=x"],
    "render": ["--portrait=x", "--motion-csv=x", "--output=x"],
    "dub": ["--video=x", "--output=x"],
}
ALIASES = {"motion": "motion-csv"}
OWN = ("device", "models", "weights")  # one for all jobs, as the model is loaded once
YES, NO = ("yes", "true", "1", "x"), ("", "no", "false", "0")
MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Job:
    """A row of the table, as the command's options, or with the sentence that says why it cannot be."""

    row: int  # as spreadsheets count: the header is row 1
    typed: tuple[str, ...]  # what a user would have typed for it, with paths as they stand in the table
    arguments: argparse.Namespace | None = None
    fault: str = ""


class RowParser(argparse.ArgumentParser):
    """A parser that raises CEMNetError where `argparse` would print and end the program."""

    def error(self, message: str) -> NoReturn:
        """Raises CEMNetError."""
        raise CEMNetError(f"{message[:1].upper()}{message[1:]}.")


def read_jobs(path: Path, shared: argparse.Namespace) -> list[Job]:
    """The jobs of a CSV table, or of a folder; paths are relative to the folder. A row that cannot be has a fault.

    `shared` are the options that all jobs have: device, models, weights and overwrite. CEMNetError where the file is no
    table: missing, without rows, or with a column that no command knows.
    """
    header, *rows = folder_table(path) if path.is_dir() else read_table(path)
    folder = path if path.is_dir() else path.parent
    columns = [column_name(name) for name in header]
    parser = build_parser(RowParser)
    options = {command: vars(parser.parse_args([command, *typed])) for command, typed in SMALLEST.items()}
    refuse_columns(path, columns, options)
    jobs = []
    for number, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells):
            jobs.append(read_row(parser, options, number, columns, cells, folder, shared))
    if not jobs:
        raise CEMNetError(f"The table {path} has no rows. Below its header each row is a job.")
    return jobs


def read_table(path: Path) -> list[list[str]]:
    """The cells of a CSV file with commas, semicolons or tabs; CEMNetError where it cannot be read."""
    if not path.is_file():
        raise CEMNetError(f"There is no table at {path}. Check the path.")
    if path.stat().st_size > MOST_BYTES:
        raise CEMNetError(f"{path} has more than {MOST_BYTES // 1_000_000} MB. A table of jobs is a small text file.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        header = text.partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        raise CEMNetError(f"{path} is not a table in UTF-8. Save it as CSV with that encoding.") from None
    except (csv.Error, OSError) as error:
        raise CEMNetError(f"{path} cannot be read as a table ({error}). Save it again as CSV.") from None
    if not table or not any(cell.strip() for cell in table[0]):
        raise CEMNetError(f"The table {path} has no header. Its first row names the columns: portrait, speech, output.")
    return table


def column_name(text: str) -> str:
    """The flag that a column means: --Motion_CSV is motion-csv."""
    name = text.strip().lower().lstrip("-").replace("_", "-").replace(" ", "-")
    return ALIASES.get(name, name)


def refuse_columns(path: Path, columns: Sequence[str], options: dict[str, dict[str, object]]) -> None:
    """Raises CEMNetError for a column that is no option of any command; those that begin with # are comments."""
    known = {name.replace("_", "-") for command in options.values() for name in command}
    for name in columns:
        if name in OWN:
            raise CEMNetError(f"{path}: {name} is one for all jobs. Give it to `cemnet batch` itself, as --{name}.")
        if name and not name.startswith("#") and name not in known:
            raise CEMNetError(
                f"{path} has a column {name!r}, which is no option of animate, render or dub. "
                "Let the name of a column that is meant for people begin with #."
            )


def read_row(
    parser: argparse.ArgumentParser,
    options: dict[str, dict[str, object]],
    number: int,
    columns: Sequence[str],
    cells: Sequence[str],
    folder: Path,
    shared: argparse.Namespace,
) -> Job:
    """One row as a job."""
    given = [(name, cell.strip()) for name, cell in zip(columns, cells, strict=False) if cell.strip()]
    given = [(name, cell) for name, cell in given if name and not name.startswith("#")]
    named = dict(given)
    command = named.get("command", "dub" if "video" in named else "animate").lower()
    typed = [command]
    try:
        if len([cell for cell in cells[len(columns) :] if cell.strip()]):
            raise CEMNetError("It has more cells than the header has columns. Put quotes around a cell with a comma.")
        if command not in options:
            raise CEMNetError(f"There is no command {command!r} for jobs. Choose one of: {', '.join(options)}.")
        for name, cell in given:
            if name != "command":
                typed += typed_option(name, cell, options[command])
        arguments = parser.parse_args(typed)
    except CEMNetError as error:
        return Job(number, tuple(typed), fault=str(error))
    for name in OWN:
        setattr(arguments, name, getattr(shared, name))
    arguments.overwrite |= shared.overwrite
    return Job(number, tuple(typed), below(folder, arguments))


def typed_option(name: str, cell: str, options: dict[str, object]) -> list[str]:
    """A cell as it would be typed; CEMNetError where the command has no such option, or a switch is not yes or no."""
    default = options.get(name.replace("-", "_"), options)
    if default is options:
        raise CEMNetError(f"{options['command']} has no option {name}. Leave the cell empty.")
    if not isinstance(default, bool):
        return [f"--{name}={cell}"]
    if cell.lower() not in (*YES, *NO):
        raise CEMNetError(f"{name} has to be yes or no, not {cell!r}.")
    return [f"--{name}"] if cell.lower() in YES else []


def below(folder: Path, arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments with all relative paths taken from a folder."""

    def moved(value: object) -> object:
        if isinstance(value, Path):
            return folder / value
        if isinstance(value, (list, tuple)):
            return type(value)(map(moved, value))
        return value

    kept = ("models",)  # which were typed, and are relative to where
    return argparse.Namespace(
        **{name: value if name in kept else moved(value) for name, value in vars(arguments).items()}
    )
