"""The table of a benchmark: which portrait speaks which voice, which emotions they show, and where the video is."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...arkit import EMOTIONS, Emotion
from ...errors import CEMNetError, quoted

NEEDED = ("video", "reference", "voice", "reference_emotion", "voice_emotion")
OPTIONAL = ("truth", "person")
FILES = ("reference", "voice", "truth")  # relative to the table; videos are relative to each system's folder


@dataclass(frozen=True)
class Pair:
    """A row of the table: one video that every system makes."""

    row: int  # as spreadsheets count: the header is row 1
    video: str  # below each system's folder
    reference: Path
    voice: Path
    reference_emotion: Emotion
    voice_emotion: Emotion
    truth: Path | None
    person: str

    @property
    def name(self) -> str:
        """How a report calls it."""
        return Path(self.video).stem


def read_pairs(path: Path) -> list[Pair]:
    """The rows of a CSV file with commas, semicolons or tabs.

    CEMNetError names the row and the column of what is missing, unknown, or no file; see NEEDED and OPTIONAL. A column
    whose name begins with # is a comment. `person` says whom a portrait shows, by default the name of its file.
    """
    header, *rows = read_cells(path)
    columns = [name.strip().lower().replace(" ", "_") for name in header]
    refuse_columns(path, columns)
    pairs: list[Pair] = []
    for row, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells):
            pairs.append(read_pair(path, row, dict(zip(columns, map(str.strip, cells), strict=False))))
    first: dict[str, int] = {}
    for pair in pairs:
        if pair.video in first:
            raise fault(path, pair.row, "video", f"{quoted(pair.video)} stands in row {first[pair.video]} already")
        first[pair.video] = pair.row
    if not pairs:
        raise CEMNetError(f"The table {path} has no rows. Below its header each row is a video.")
    return pairs


def read_cells(path: Path) -> list[list[str]]:
    """The cells of a CSV file; CEMNetError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CEMNetError(f"The table {path} cannot be read ({error}). Save it as CSV in UTF-8.") from None
    if not table:
        raise CEMNetError(f"The table {path} is empty. Its first row names the columns: {', '.join(NEEDED)}.")
    return table


def refuse_columns(path: Path, columns: Sequence[str]) -> None:
    """Raises CEMNetError where a column is missing, stands there twice, or is unknown."""
    for name in NEEDED:
        if name not in columns:
            raise CEMNetError(f"{path}, row 1: there is no column {name}. The table needs {', '.join(NEEDED)}.")
    for name in columns:
        if name and not name.startswith("#") and name not in (*NEEDED, *OPTIONAL):
            raise CEMNetError(
                f"{path}, row 1: there is no use for a column {quoted(name)}. The columns are "
                f"{', '.join((*NEEDED, *OPTIONAL))}; let the name of a comment begin with #."
            )
        if name in NEEDED and columns.count(name) > 1:
            raise CEMNetError(f"{path}, row 1: the column {name} stands there twice.")


def read_pair(path: Path, row: int, cells: dict[str, str]) -> Pair:
    """One row."""
    for name in NEEDED:
        if not cells.get(name):
            raise fault(path, row, name, "it is empty")
    files = {name: path.parent / cells[name] for name in FILES if cells.get(name)}
    for name, file in files.items():
        if not file.is_file():
            raise fault(path, row, name, f"there is no file {file}")
    shown = emotion_of(path, row, "reference_emotion", cells["reference_emotion"])
    spoken = emotion_of(path, row, "voice_emotion", cells["voice_emotion"])
    person = cells.get("person") or Path(cells["reference"]).stem
    reference, voice, truth = (files.get(name) for name in FILES)
    assert reference is not None and voice is not None
    return Pair(row, cells["video"], reference, voice, shown, spoken, truth, person)


def emotion_of(path: Path, row: int, column: str, text: str) -> Emotion:
    """The emotion that a cell names."""
    for emotion in EMOTIONS:
        if text.lower() == emotion:
            return emotion
    raise fault(path, row, column, f"there is no emotion {quoted(text)}; choose one of {', '.join(EMOTIONS)}")


def fault(path: Path, row: int, column: str, what: str) -> CEMNetError:
    """The error for one cell."""
    return CEMNetError(f"{path}, row {row}, column {column}: {what}.")


def find_videos(path: Path, pairs: Sequence[Pair], folder: Path) -> list[Path]:
    """Every pair's video in a system's folder; CEMNetError names the row of the first that is not there."""
    if not folder.is_dir():
        raise CEMNetError(f"There is no folder {folder}. Each system's videos lie in a folder of its name.")
    for pair in pairs:
        if not (folder / pair.video).is_file():
            raise fault(path, pair.row, "video", f"there is no file {folder / pair.video}")
    return [folder / pair.video for pair in pairs]
