"""A report of an evaluation: tables and pictures, as one HTML file that needs nothing else, and as plain text."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1400px; margin: 2em auto; padding: 0 1em; color: #1c1c1c }
h1 { font-size: 1.6em } h2 { font-size: 1.2em; margin-top: 2em }
table { border-collapse: collapse; margin: .6em 0 } td, th { padding: .2em .7em; border-bottom: 1px solid #ddd }
th { text-align: left; font-weight: 600 } td { font-variant-numeric: tabular-nums }
p.note { color: #555; max-width: 75em } img { max-width: 100%; height: auto }
"""


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header; the first column names the row."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def text(self) -> str:
        """Title, note and columns padded with spaces."""
        cells = [tuple(self.header), *map(tuple, self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.header))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join([self.title, *([self.note] if self.note else []), *(line.rstrip() for line in lines)])

    def html(self) -> str:
        """A heading, the note and an HTML table."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in self.header)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n" for row in self.rows
        )
        return f"{_heading(self.title, self.note)}<table>\n<tr>{head}</tr>\n{body}</table>\n"


@dataclass(frozen=True)
class Picture:
    """A figure (kept lossless) or a sheet of photographs (JPEG)."""

    title: str
    image: Image.Image
    note: str = ""
    photographic: bool = False

    def text(self) -> str:
        """Nothing: a picture has no place in plain text."""
        return ""

    def html(self) -> str:
        """A heading, the note and the image as a data URI."""
        kind, options = ("JPEG", {"quality": 85}) if self.photographic else ("PNG", {"optimize": True})
        file = io.BytesIO()
        self.image.convert("RGB").save(file, kind, **options)
        data = base64.b64encode(file.getvalue()).decode()
        source = f"data:image/{kind.lower()};base64,{data}"
        return f'{_heading(self.title, self.note)}<img alt="{html.escape(self.title)}" src="{source}">\n'


def _heading(title: str, note: str) -> str:
    return f"<h2>{html.escape(title)}</h2>\n" + (f'<p class="note">{html.escape(note)}</p>\n' if note else "")


@dataclass
class Report:
    """A title, a note, and tables and pictures in reading order."""

    title: str
    note: str = ""
    parts: list[Table | Picture] = field(default_factory=list)

    def add(self, *parts: Table | Picture) -> None:
        """Appends parts at the end."""
        self.parts += parts

    def text(self) -> str:
        """The title and all tables."""
        opening = "\n".join(line for line in (self.title, self.note) if line)
        return "\n\n".join([opening, *(text for part in self.parts if (text := part.text()))]) + "\n"

    def html(self) -> str:
        """A whole page that needs no other file."""
        return (
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{html.escape(self.title)}</title>\n'
            f"<style>{STYLE}</style>\n<h1>{html.escape(self.title)}</h1>\n"
            f'<p class="note">{html.escape(self.note)}</p>\n'
            + "".join(part.html() for part in self.parts)
            + "</html>\n"
        )

    def save(self, folder: Path, name: str) -> None:
        """Writes NAME.html and NAME.txt."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(self.html(), encoding="utf-8")
        (folder / f"{name}.txt").write_text(self.text(), encoding="utf-8")
