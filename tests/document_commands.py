"""Checks command lines of documents by the parsers that would read them; nothing is installed, trained or written."""

import argparse
import contextlib
import io
import re
import runpy
import shlex
import sys
from collections.abc import Callable, Sequence
from unittest.mock import patch

from accelerate.commands.launch import launch_command_parser
from documents import is_missing
from packaging.requirements import InvalidRequirement, Requirement
from paths import REPOSITORY

from cemnet.cli.arguments import build_parser

ASSIGNMENT = re.compile(r"[A-Z_]+=.*")
TARGET = re.compile(r"^([a-z][\w-]*):(?!=)", re.MULTILINE)
EXTRA = re.compile(r'^(\w+) = \["|^(\w+) = \[$', re.MULTILINE)


class _Parsed(Exception):
    """The command line of a script was read without an error."""


def command_lines(text: str) -> list[list[str]]:
    """The words of each command of a shell block: without comments and `> file`, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [words for line in joined.splitlines() if (words := shlex.split(line.split(" > ")[0], comments=True))]


def is_command(span: str) -> bool:
    """Whether the words between backticks are a command that can be checked."""
    words = span.split()
    return len(words) > 1 and words[0] in PROGRAMS


def command_fault(words: Sequence[str]) -> str:
    """Why a command would not work, or an empty string."""
    while words and ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    if not words or words[0] not in PROGRAMS:
        return f"nothing checks {' '.join(words)!r}"
    missing = [word for word in words[1:] if is_missing(word)]
    if missing:
        return f"there is no {missing[0]}"
    if any("…" in word for word in words):
        return "an argument is left out"
    return PROGRAMS[words[0]](words[1:])


def parser_fault(parse: Callable[[], object]) -> str:
    """What an argparse parser says against its arguments, or an empty string; --help is right."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            parse()
    except SystemExit as end:
        if end.code:
            return said.getvalue().strip().splitlines()[-1]
    return ""


def cemnet_fault(arguments: Sequence[str]) -> str:
    """Checked by the parser of the `cemnet` command."""
    return parser_fault(lambda: build_parser().parse_args(arguments))


def python_fault(arguments: Sequence[str]) -> str:
    """A module that is run, or a script of the repository."""
    if arguments[:1] != ["-m"]:
        return script_fault(arguments[0], arguments[1:])
    if arguments[1:2] == ["pip"]:
        return pip_fault(arguments[2:])
    return "" if arguments[1:] == ["venv", ".venv"] else f"nothing checks python {' '.join(arguments)}"


def script_fault(script: str, arguments: Sequence[str]) -> str:
    """Runs a script of the repository until its own parser has read the arguments, and no further."""
    path = REPOSITORY / script
    if not path.is_file():
        return f"there is no {script}"
    if "ArgumentParser" not in path.read_text(encoding="utf-8"):
        return f"{script} takes no arguments" if arguments else ""
    parse_args = argparse.ArgumentParser.parse_args

    def parse_and_stop(*words: object, **named: object) -> None:
        parse_args(*words, **named)  # pyright: ignore[reportCallIssue, reportArgumentType]
        raise _Parsed

    def run() -> None:
        with contextlib.suppress(_Parsed):
            runpy.run_path(str(path), run_name="__main__")
            raise AssertionError(f"{script} has not read its arguments")

    with patch.object(argparse.ArgumentParser, "parse_args", parse_and_stop), patch.object(
        sys, "argv", [script, *arguments]
    ):  # fmt: skip
        return parser_fault(run)


def accelerate_fault(arguments: Sequence[str]) -> str:
    """Checked by accelerate's own parser, then by the script that it launches."""
    if arguments[:1] != ["launch"]:
        return "only `accelerate launch` is checked"
    parser = launch_command_parser()
    fault = parser_fault(lambda: parser.parse_args(arguments[1:]))
    if fault:
        return fault
    launched = parser.parse_args(arguments[1:])
    return script_fault(launched.training_script, launched.training_script_args)


def make_fault(arguments: Sequence[str]) -> str:
    """Every target has to be in the Makefile."""
    targets = TARGET.findall((REPOSITORY / "Makefile").read_text(encoding="utf-8"))
    unknown = [word for word in arguments if not ASSIGNMENT.fullmatch(word) and word not in targets]
    return f"the Makefile has no target {unknown[0]}" if unknown else ""


def pip_fault(arguments: Sequence[str]) -> str:
    """The form of options and requirements; the registry is not asked."""
    parser = argparse.ArgumentParser(prog="pip", allow_abbrev=False)
    parser.add_argument("command", choices=["install", "download", "uninstall"])
    parser.add_argument("-r", "--requirement", action="append", default=[])
    parser.add_argument("-e", "--editable", action="append", default=[])
    parser.add_argument("--no-deps", action="store_true")
    parser.add_argument("packages", nargs="*")
    fault = parser_fault(lambda: parser.parse_intermixed_args(arguments))
    if fault:
        return fault
    asked = parser.parse_intermixed_args(arguments)
    return next(filter(None, map(requirement_fault, [*asked.editable, *asked.packages])), "")


def requirement_fault(text: str) -> str:
    """A package with an optional version, or this folder with optional extras."""
    if text.startswith("."):
        extras = re.fullmatch(r"\.(?:\[([\w,]+)\])?", text)
        known = {first or second for first, second in EXTRA.findall((REPOSITORY / "pyproject.toml").read_text())}
        if extras is None or not set((extras[1] or "").split(",")) <= known | {""}:
            return f"pyproject.toml has nothing for {text}"
        return ""
    try:
        Requirement(text)
    except InvalidRequirement as error:
        return str(error).splitlines()[0]
    return ""


def pytest_fault(arguments: Sequence[str]) -> str:
    """Only paths are given to pytest; they exist, as `command_fault` has seen."""
    return next((f"{word} is no path to tests" for word in arguments if not word.startswith("tests")), "")


def one_of(*allowed: str) -> Callable[[Sequence[str]], str]:
    """For programs of which the documents use no more than a few lines: regular expressions of their arguments."""

    def fault(arguments: Sequence[str]) -> str:
        line = " ".join(arguments)
        return "" if any(re.fullmatch(pattern, line) for pattern in allowed) else f"{line!r} is not among {allowed}"

    return fault


PROGRAMS: dict[str, Callable[[Sequence[str]], str]] = {
    "cemnet": cemnet_fault,
    "python": python_fault,
    ".venv/bin/python": python_fault,
    "accelerate": accelerate_fault,
    "make": make_fault,
    "pip": pip_fault,
    ".venv/bin/pytest": pytest_fault,
    ".venv/bin/pre-commit": one_of("install"),
    "cd": one_of("ComfyUI/custom_nodes/cemnet"),
    "git": one_of(r"clone https://github\.com/[\w.-]+/[\w.-]+"),
    "source": one_of(r"\.venv/bin/activate"),
    "ffprobe": one_of(r"-show_entries \w+ \S+"),
}
