"""Files that are written whole or not at all: checked before the work, made beside their place, and named at the end.

Until a file is complete it lies beside its place under a short hidden name. Whoever writes it holds a lock on it, so
that what a killed process left behind can be told from what another one is writing, and is removed by the next one.
"""

import errno
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from .errors import CEMNetError, MediaError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed and needs no lock
    fcntl = None

PARTIAL_PREFIX = ".cemnet-partial-"
LEFT_BEHIND_SECONDS = 60.0  # a partial file that nobody holds and nobody touched for so long is left behind


def check_output(
    path: Path,
    overwrite: bool,
    suffixes: Sequence[str],
    what: str,
    error: type[CEMNetError] = MediaError,
    new_folder: bool = False,
) -> None:
    """Raises `error` where a file cannot be written: suffix, folder, name, or an existing file without `overwrite`.

    `suffixes` are in lower case with their dot; `what` is how the sentence calls the file, such as "video". With
    `new_folder` the folder need not exist yet.
    """
    if path.suffix.lower() not in suffixes:
        ends = suffixes[0] if len(suffixes) == 1 else f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise error(f"The {what} {path} must end in {ends}.")
    folder = path.parent
    while new_folder and not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise error(f"The folder {folder} does not exist or is not writable. Choose another folder.")
    if os.name == "posix" and len(os.fsencode(path.name)) > os.pathconf(folder, "PC_NAME_MAX"):
        raise error(f"The name {path.name} is too long for this disk. Choose a shorter one.")
    exists = os.path.lexists(path)
    if path.is_dir():
        raise error(f"{path} is a folder. Give the {what} a name inside it.")
    if exists and not overwrite:
        raise error(f"{path} exists already. Give another name, or ask for it to be overwritten (--overwrite).")
    if exists and not path.is_file():
        raise error(f"{path} is no regular file. Choose another name.")


class OutputFile:
    """Context manager for a file that gets its name when it is complete: write to `partial` meanwhile.

    Where the block fails nothing stays behind. `error` where the folder takes no file, or where the name was taken
    meanwhile by somebody else and `overwrite` does not allow to replace it: who is first keeps the name.
    """

    def __init__(self, path: Path, overwrite: bool = False, error: type[CEMNetError] = MediaError):
        self.path, self.overwrite, self.error = path, overwrite, error
        folder = Path(os.path.abspath(path.parent))
        sweep(folder)
        self.partial = folder / f"{PARTIAL_PREFIX}{uuid.uuid4().hex[:12]}{path.suffix}"
        try:
            handle = os.open(self.partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        except OSError as failure:
            raise error(f"{path} cannot be written ({failure.strerror}). Choose another folder.") from failure
        _lock(handle)
        self._handle: int | None = handle

    def finish(self) -> None:
        """Gives the file its name."""
        self._close()  # Windows gives no other name to an open file
        try:
            if self.overwrite:
                os.replace(self.partial, self.path)
            else:
                _take_name(self.partial, self.path)
        except FileExistsError:
            self.discard()
            raise self.error(
                f"{self.path} was made by somebody else meanwhile, and is kept. Give another name, or --overwrite."
            ) from None
        except FileNotFoundError as failure:
            raise self.failure(failure) from failure
        except OSError as failure:
            self.discard()
            raise self.error(f"{self.path} cannot be written ({failure.strerror}). Choose another name.") from failure

    def failure(self, cause: Exception) -> CEMNetError:
        """The error for a write that failed: its sentence tells a folder that went away from a disk that is full.

        `cause` is an OSError, or an error of FFmpeg, which has a number and words alike.
        """
        number, words = getattr(cause, "errno", None), getattr(cause, "strerror", None) or cause
        if not self.path.parent.is_dir():
            return self.error(
                f"The folder {self.path.parent} was removed while {self.path.name} was written. Run again."
            )
        if number == errno.ENOENT:
            return self.error(f"{self.path} was removed while it was written. Run again.")
        if number in (errno.ENOSPC, errno.EDQUOT):
            return self.error(f"The disk is full: {self.path} cannot be written. Make room, then run again.")
        return self.error(f"Writing {self.path} failed ({words}). Is the disk full?")

    def discard(self) -> None:
        """Leaves nothing behind."""
        self._close()
        self.partial.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> "OutputFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
            return
        self.discard()
        if isinstance(error, OSError):
            raise self.failure(error) from error


def sweep(folder: Path) -> None:
    """Removes what killed processes left behind in a folder: partial files that nobody holds any more."""
    for path in folder.glob(f"{PARTIAL_PREFIX}*"):
        try:
            if time.time() - path.stat().st_mtime < LEFT_BEHIND_SECONDS:
                continue
            handle = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            abandoned = _lock(handle)
        finally:
            os.close(handle)
        if abandoned:
            try:
                path.unlink()
            except OSError:
                continue  # on Windows: somebody writes it


def _lock(handle: int) -> bool:
    """Whether nobody else holds the file, which is held from now on until `handle` is closed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _take_name(partial: Path, path: Path) -> None:
    """Names a file; FileExistsError where the name is taken. Only a hard link does both in one step."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(partial, path)
    else:
        partial.unlink()
