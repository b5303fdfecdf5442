"""Rows of numbers that grow with the length of a sound: in memory while they are few, else in a file without a name.

An hour of sound has 600 MB and more. On the disk it takes memory only while a part of it is looked at.
"""

import ctypes
import mmap
import sys
import tempfile
from typing import IO

import numpy as np
from jaxtyping import Float

from .errors import MediaError

MOST_IN_MEMORY = 64_000_000  # bytes


class LongRows:
    """Collects rows of `num_columns` numbers; `finished` makes one array of them, which may be read and written.

    The file of a long one is gone as soon as nothing holds the array any more, also where the program is killed.
    """

    def __init__(self, num_columns: int):
        self.num_columns, self.num_rows = num_columns, 0
        self._parts: list[Float[np.ndarray, "row column"]] = []
        self._file: IO[bytes] | None = None

    def append(self, rows: Float[np.ndarray, "row column"]) -> None:
        """Adds rows, which may be changed afterwards. MediaError where the disk for temporary files is full."""
        self.num_rows += len(rows)
        if self._file is None:
            self._parts.append(np.array(rows, np.float32, order="C"))
            if self.num_rows * self.num_columns * 4 > MOST_IN_MEMORY:
                self._write(*self._parts)
                self._parts = []
        else:
            self._write(np.ascontiguousarray(rows, np.float32))

    def finished(self) -> "tuple[Float[np.ndarray, 'row column'], mmap.mmap | None]":
        """All rows, and the pages in which they lie where that is on the disk (see `let_go`)."""
        if self._file is None:
            return np.concatenate([np.zeros((0, self.num_columns), np.float32), *self._parts]), None
        with self._file as file:
            file.flush()
            pages = mmap.mmap(file.fileno(), 0)
        return np.frombuffer(pages, np.float32).reshape(-1, self.num_columns), pages

    def _write(self, *parts: Float[np.ndarray, "_ column"]) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="cemnet-")  # noqa: SIM115 (it is closed when it is finished)
            for part in parts:
                self._file.write(part.data)
        except OSError as error:
            raise MediaError(
                f"The folder for temporary files, {tempfile.gettempdir()}, has no room for this sound "
                f"({error.strerror}). Make room there, or set TMPDIR to another folder."
            ) from error


def give_back() -> None:
    """Gives memory that is free to the system, where glibc would keep it in pieces for a long process."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL("libc.so.6").malloc_trim(0)
        except (OSError, AttributeError):  # a system with another C library
            return


def let_go(pages: mmap.mmap | None) -> None:
    """Frees the memory in which pages of a file were looked at: they are read again where they are needed again."""
    if pages is not None and hasattr(pages, "madvise"):
        pages.madvise(mmap.MADV_DONTNEED)
