"""Processes that were asked for and are not there: a launcher that silently starts one in place of several."""

import os

import psutil

from ..errors import CEMNetError

ASKED = ("--num_processes", "--num-processes")


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
    """The number of processes in the command line of `accelerate launch`; 1 for any other command, or without one."""
    if not any("accelerate" in word for word in command[:3]):
        return 1
    for word, following in zip(command, [*command[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in ASKED:
            number = value if equals else following
            return int(number) if number.isdecimal() else 1
    return 1
