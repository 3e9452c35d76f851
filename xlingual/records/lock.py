"""One writer at a time: an advisory lock that the operating system drops when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlingual.errors import RecordLocked
from xlingual.records.storage import writing


@contextmanager
def hold(path: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock file while the context lasts.

    Args:
        path: is made when it is absent; says who holds it.
        patience: seconds to wait for another holder to leave.

    Raises:
        RecordLocked: when somebody else holds it for longer than that; names the holder.
        StorageError: when the file cannot be made.
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
    """Say whether some process holds the lock now."""
    try:
        with path.open("rb") as stream:  # a shared lock: a reader may have no right to write
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
                    "wait for it to end, or end it, and run the same command again"
                ) from None
            time.sleep(0.2)
