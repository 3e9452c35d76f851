"""Reports failures to write to storage with their cause, whichever library was writing.

On a full disk PyTorch reports "unexpected pos 846272 vs 846160" and safetensors raises its own error; neither carries
the operating system's error number. After a failed write, a small file is written beside it to find that number.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlingual.errors import StorageError, XlingualError

PROBE_BYTES = 1 << 20
"""Bytes to try: more than is left on a disk that had no room for a file."""

_NUMBER = re.compile(r"(?:os error|[Ee]rrno|code:) (\d+)")
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def writing(path: Path, *, reads: bool = False) -> Iterator[None]:
    """Turn a failure to write `path`, a file or folder, into a StorageError; let other errors pass.

    Args:
        path: what is written.
        reads: whether the context also reads other files, whose errors are not about this path.

    Raises:
        StorageError: names the path, the reason and what to do.
    """
    try:
        yield
    except XlingualError:
        raise
    except Exception as error:
        told = _number(error)
        number = told if told in _FULL or (told and not reads) else _probed(path)
        if number is None:
            raise
        raise storage_error(path, number) from error


def storage_error(path: Path, number: int) -> StorageError:
    """Return the error for a path that cannot be written, by the operating system's error number."""
    if number in _FULL:
        place = path if path.is_dir() else path.parent
        text = (
            f"{place}: nothing can be written there ({os.strerror(number)}); make room, then run the same command "
            "again: finished work is kept, and the command resumes"
        )
    else:
        text = (
            f"{path}: cannot be written ({os.strerror(number)}); make it writable, or name another place "
            "(--storage DIR for a study, --keep DIR for an evaluation)"
        )
    error = StorageError(text)
    error.errno = number
    return error


def unreadable(path: Path, error: OSError) -> StorageError:
    """Return the error for a record that cannot be read."""
    told = StorageError(
        f"{path}: cannot be read ({error.strerror or error}); is this the directory of a study (STORAGE/NAME), and may "
        "this user read it?"
    )
    told.errno = error.errno
    return told


def _number(error: BaseException) -> int | None:
    """The operating system's error number that an exception carries or mentions; None if there is none."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = _NUMBER.search(str(error))
    return int(found[1]) if found and int(found[1]) in errno.errorcode else None


def _probed(path: Path) -> int | None:
    """Write a small file beside the half-written `path`; return the error, if any."""
    folder = next((each for each in (path, *path.parents) if each.is_dir()), Path("/"))
    probe = folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with probe.open("wb") as stream:
            stream.write(bytes(PROBE_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        return error.errno
    finally:
        with suppress(OSError):
            probe.unlink()
    return None
