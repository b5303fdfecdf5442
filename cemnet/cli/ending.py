"""Signals that ask the command to end: it tidies up first, as after Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ended(KeyboardInterrupt):
    """The command was asked to end; `status` is the exit status that shells give for the signal."""

    def __init__(self, number: int):
        super().__init__(number)
        self.status = 128 + number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Inside the block SIGTERM and SIGHUP raise Ended. A signal that is ignored, as under nohup, stays ignored."""

    def end(number: int, _: object) -> None:
        raise Ended(number)

    if threading.current_thread() is not threading.main_thread():  # where Python sets no handlers
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    replaced = {number: handler for number, handler in before.items() if handler is signal.SIG_DFL}
    for number in replaced:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
