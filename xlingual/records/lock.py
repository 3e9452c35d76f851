"""One writer at a time: an advisory lock that the operating system releases when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlingual.errors import RecordLocked
from xlingual.records.remote_lock import held_remotely, is_held_remotely
from xlingual.records.storage import writing


@contextmanager
def hold(path: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock file while the context lasts; the lock of a study at a URL in its store as well.

    Args:
        path: of the file, created if absent; it names the holder.
        patience: seconds to wait for another holder to leave.

    Raises:
        RecordLocked: when another process, which the message names, holds it for longer than that.
        StorageError: when the file cannot be created, or the store cannot be reached.
    """
    with hold_here(path, patience=patience), held_remotely(path, secrets.token_hex(8), patience=patience):
        yield


@contextmanager
def hold_here(path: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock file among the processes that see the file.

    Args:
        path: of the file, created if absent; it names the holder.
        patience: seconds to wait for another holder to leave.

    Raises:
        RecordLocked: when another process, which the message names, holds it for longer than that.
        StorageError: when the file cannot be created.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a+", encoding="utf-8")
    with opened as stream:
        _take(stream.fileno(), path, time.monotonic() + patience)
        with writing(path):
            stream.seek(0)
            stream.truncate()
            json.dump({"pid": os.getpid(), "host": socket.gethostname()}, stream)
            stream.flush()
        try:
            yield
        finally:
            stream.seek(0)
            stream.truncate()
            fcntl.flock(stream.fileno(), fcntl.LOCK_UN)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now."""
    remotely = is_held_remotely(path)
    if remotely is not None:
        return remotely
    try:
        with path.open("rb") as stream:  # a shared lock, because a reader may lack write permission
            fcntl.flock(stream.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _take(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise RecordLocked(
                    f"{path}: another process writes here ({path.read_text(encoding='utf-8') or 'unknown'}); "
                    "wait for it to finish or stop it, then run the same command again"
                ) from None
            time.sleep(0.2)
