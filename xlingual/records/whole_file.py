"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

Around = Callable[[Path], AbstractContextManager[object]]


def put_in_place(path: Path, write: Callable[[Path], object], around: Around = nullcontext) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place.

    Args:
        path: of the file; its folder is made.
        write: fills the file whose path it is given.
        around: is given the temporary file; the move happens inside the context that it returns.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        sync(partial)
        with around(partial):
            os.replace(partial, path)
            sync(path.parent)
    finally:
        with suppress(OSError):
            partial.unlink()


def sync(path: Path) -> None:
    """Flush a file's or folder's content to disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # a file system that does not open folders
        return
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems refuse to sync a folder
        return
    finally:
        os.close(descriptor)
