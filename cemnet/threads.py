"""How many threads torch calculates with: small networks run on one, and the program around them keeps its own number.

The networks here are so small that threads wait for each other longer than they calculate. On a machine that does
something else too, the threads that wait spin, and take several times the processor time of a single one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside this context, or a function that it decorates, torch calculates on the calling thread alone.

    torch's number of threads is what it was before as soon as the context ends, also where an error ends it. So keep
    the context short, and hand nothing to other code from inside it: a generator opens it for each item.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
