"""A command that is told to end tidies up, and says truly what it has written."""

import os
import signal
import subprocess
import sys

import pytest

from cemnet.cli import commands
from cemnet.cli.ending import SIGNALS, ended_by_signals

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")

# Whoever runs the tests may ignore signals, and what a process starts ignores them too.
WRITES = """
import signal
import numpy as np
from cemnet.cli import commands
from cemnet.media.video_writer import VideoWriter

signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

def animate(arguments):
    with VideoWriter(arguments.output, 25, 32, 32) as video:
        video.write(np.zeros((32, 32, 3), np.float32))
        print("begun", flush=True)
        while True:
            video.write(np.zeros((32, 32, 3), np.float32))

commands.animate = animate
commands.main(["animate", "--portrait", "a.png", "--speech", "a.wav", "--output", "talk.mp4"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGINT])
def test_a_signal_to_end_leaves_no_partial_file(tmp_path, number):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    process.send_signal(number)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert told == "cemnet: interrupted; no file was written.\n"
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_is_told(tmp_path, capsys, monkeypatch):
    def animate(arguments):
        commands.wrote(arguments, tmp_path / "talk.csv")
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "animate", animate)
    with pytest.raises(SystemExit) as ended:
        commands.main(["animate", "--portrait", "a.png", "--speech", "a.wav", "--output", str(tmp_path / "talk.mp4")])
    assert ended.value.code == 130
    assert capsys.readouterr().err == f"cemnet: interrupted; only {tmp_path / 'talk.csv'} was written.\n"


def test_an_ignored_signal_stays_ignored_and_handlers_come_back():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    terminated = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == terminated
