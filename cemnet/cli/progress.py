"""How far a step has come, shown on the terminal where it takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

SHOWN_AFTER_SECONDS = 2.0


@contextmanager
def progress_bar(step: str) -> Iterator[Callable[[int, int], None]]:
    """What tells a bar the frames that are done and all there are; the bar is gone after the block."""
    with tqdm(desc=step, unit="frame", delay=SHOWN_AFTER_SECONDS, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
