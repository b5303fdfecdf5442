"""Reads the project's documents, and finds what in them is broken: links, anchors, file names, long lines."""

import importlib
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from paths import REPOSITORY

LANGUAGES = ("sh", "python", "text")  # of fenced blocks; "text" is for people alone
LONGEST_LINE = 120  # as for code: see pyproject.toml
FENCE = re.compile(r"^\s*```(.*)$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`]+)`")
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
DOTTED_NAME = re.compile(r"[a-z_]+(\.\w+)+")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text without indentation, and the line of its fence (from 1)."""

    language: str
    text: str
    line: int


def documents() -> list[Path]:
    """The documents of the project. The nodes' help in web/docs is not among them: its tables repeat the tooltips."""
    return sorted(path for folder in (".", "docs", "samples") for path in (REPOSITORY / folder).glob("*.md"))


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a document; ValueError where one does not end."""
    found: list[Block] = []
    language, start, lines = "", 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and not start:
            language, start, lines = fence[1].strip(), number, []
        elif fence:
            found.append(Block(language, textwrap.dedent("\n".join(lines)), start))
            start = 0
        elif start:
            lines.append(line)
    if start:
        raise ValueError(f"The block that begins in line {start} does not end.")
    return found


def prose(text: str) -> str:
    """A document without its fenced blocks; lines keep their numbers."""
    inside, kept = False, []
    for line in text.splitlines():
        is_fence = FENCE.match(line) is not None
        kept.append("" if inside or is_fence else line)
        inside ^= is_fence
    return "\n".join(kept)


def spans(text: str) -> list[str]:
    """What stands between single backticks, on one line or over two."""
    return [" ".join(span.split()) for span in SPAN.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for line in prose(text).splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            repeated = sum(bool(re.fullmatch(rf"{re.escape(words)}(-\d+)?", anchor)) for anchor in found)
            found.add(f"{words}-{repeated}" if repeated else words)
    return found


def link_faults(path: Path, text: str) -> Iterator[str]:
    """Links of a document at `path` to files or headings that do not exist. Web addresses are not opened."""
    for target in LINK.findall(SPAN.sub("", prose(text))):
        if re.match(r"https?://[\w.-]+(/\S*)?$", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if name and not file.exists():
            yield f"{target}: there is no such file"
        elif anchor and anchor not in anchors(text if not name else file.read_text(encoding="utf-8")):
            yield f"{target}: there is no such heading"


@cache
def top_folders() -> frozenset[str]:
    """The folders of the repository that documents name."""
    return frozenset(path.name for path in REPOSITORY.iterdir() if path.is_dir() and not path.name.startswith("."))


def is_missing(word: str) -> bool:
    """Whether a word is a path into a folder of the repository, and nothing is there; * stands for any name."""
    if not PATH.fullmatch(word) or "/" not in word or word.split("/")[0] not in top_folders() - {"runs", "output"}:
        return False
    return not any(REPOSITORY.glob(word))


def path_faults(text: str) -> Iterator[str]:
    """Files and folders of the repository that a document names in backticks, and that do not exist."""
    for span in spans(text):
        if is_missing(span):
            yield f"{span}: there is no such file"


def name_faults(text: str) -> Iterator[str]:
    """Dotted names in backticks that do not exist below `cemnet`, such as motion.idle.add_life."""
    for span in spans(text):
        if DOTTED_NAME.fullmatch(span) and not span.endswith((".py", ".md", ".yaml", ".json", ".toml", ".txt")):
            try:
                resolve(f"cemnet.{span}")
            except (ImportError, AttributeError):
                yield f"{span}: there is no such name in cemnet"


def resolve(name: str) -> object:
    """The module or member with a dotted name; ImportError or AttributeError if there is none."""
    module, _, member = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        if not module:
            raise
        return getattr(resolve(module), member)


def form_faults(text: str) -> Iterator[str]:
    """Lines that are too long, and blocks in languages that nothing checks."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            yield f"line {number} has {len(line)} characters, more than {LONGEST_LINE}"
    for block in blocks(text):
        if block.language not in LANGUAGES:
            yield f"line {block.line}: a block is one of {', '.join(LANGUAGES)}, not {block.language or 'nothing'}"
