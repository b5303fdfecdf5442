"""Processes that were asked for and are not there: a launcher that silently starts one in place of several."""

import os
from pathlib import Path

import psutil
import yaml

from ..errors import CEMNetError


def refuse_lost_processes() -> None:
    """CEMNetError where `accelerate launch` was asked for several processes and started one, as it does on CPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return
    parent = psutil.Process().parent()
    try:
        command = parent.cmdline() if parent is not None else []
    except psutil.Error:
        return
    asked = processes_asked_for(command)
    if asked > 1:
        raise CEMNetError(
            f"{asked} processes were asked for, and accelerate started one, as it does on CPUs. Start them with "
            f"torchrun --nproc_per_node {asked} train/train.py and the same options."
        )


def processes_asked_for(command: list[str]) -> int:
    """The number of processes that `accelerate launch` is told by its option or its config file; else 1."""
    if not any("accelerate" in word for word in command[:3]):
        return 1
    options = {}
    for word, following in zip(command, [*command[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        options.setdefault(name.replace("-", "_"), value if equals else following)
    number = options.get("__num_processes") or _processes_of_file(options.get("__config_file"))
    return int(number) if number.isdecimal() else 1


def _processes_of_file(path: str | None) -> str:
    """What accelerate's config file says, as text; empty where there is none that can be read."""
    try:
        return str(yaml.safe_load(Path(path).read_text(encoding="utf-8"))["num_processes"]) if path else ""
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return ""
