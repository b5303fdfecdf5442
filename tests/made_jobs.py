"""Jobs that need no model, for the processes of a batch: they write, fail, die, or go on until they are ended."""

import argparse
import logging
import os
import signal
import sys
import time

import numpy as np

from cemnet.cli.checks import check_animate
from cemnet.cli.commands import run
from cemnet.errors import FaceError
from cemnet.media.video_writer import VideoWriter

LONGEST_SECONDS = 90.0  # so that a process that nobody ends does not stay for ever


def perform(arguments: argparse.Namespace) -> None:
    """What the emotion of a job says: sad writes, angry fails, fear dies, surprise goes on, contempt is a bug."""
    check_animate(arguments)
    with VideoWriter(arguments.output, 25, 32, 32, overwrite=arguments.overwrite) as video:
        video.write(np.zeros((32, 32, 3), np.float32))
        if arguments.emotion == "angry":
            raise FaceError("There is no face.")
        if arguments.emotion == "fear":
            os.kill(os.getpid(), signal.SIGKILL)
        if arguments.emotion == "contempt":
            raise KeyError("inside")
        if arguments.emotion == "happy":
            logging.getLogger("cemnet.media").warning("It has no sound.")
        until = time.monotonic() + LONGEST_SECONDS
        while arguments.emotion == "surprise" and time.monotonic() < until:
            arguments.output.with_suffix(".begun").touch()
            time.sleep(0.01)


def run_made(arguments: argparse.Namespace) -> None:
    """Runs a command as `cemnet` does, with jobs that `perform`."""
    if arguments.command == "batch":
        from cemnet.cli.batch import batch

        batch(arguments, perform)
    else:
        run(arguments)


if __name__ == "__main__":
    from cemnet.cli import commands

    commands.run = run_made
    commands.main(sys.argv[1:])
