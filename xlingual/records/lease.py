"""A lock for one writer at a time that others can safely take over when its holder's machine is cut off.

The operating system releases a lock when its holder dies, but not when the holder's machine loses its network: the
process keeps running and holds the lock while the cluster gives its work to another machine. A lease can then be taken
over. Its file names the holder, who checks that name before each write, under a second lock that a taker needs too.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from xlingual.errors import RecordLocked
from xlingual.records.lock import hold_here
from xlingual.records.remote_lock import HeldLock, held_remotely
from xlingual.records.storage import writing

BEAT = 5.0
"""Seconds between two heartbeats of a holder."""

SILENCE = 60.0
"""Seconds without a heartbeat after which a holder counts as gone."""

PATIENCE = 90.0
"""Seconds to wait for a live holder, such as a process left behind by a killed driver."""

GUARD_PATIENCE = 120.0
"""Seconds to wait for another process's write to end; a dead NFS client's lock outlives it by about 90 s."""


def _never(node: str) -> bool:
    return False


@dataclass(frozen=True)
class Holder:
    """The process that asks for a lease.

    Attributes:
        node: id of its machine in the cluster; empty outside one.
        is_gone: tells whether the machine of that id has left the cluster.
    """

    node: str = ""
    is_gone: Callable[[str], bool] = _never


@dataclass(frozen=True)
class Lease:
    """The right to write beside `path`, as long as the file holds `token`; `remote`: the same in an object store."""

    path: Path
    token: str
    remote: HeldLock | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep the lease from being taken over while the context lasts.

        Raises:
            RecordLocked: when another process has already taken over.
        """
        with hold_here(_guard(self.path), patience=GUARD_PATIENCE):
            found = _record(self.path)
            if not found:
                raise RecordLocked(f"{self.path}: is gone; this process stops, as it would write outside the records")
            if found.get("token") != self.token:
                raise RecordLocked(
                    f"{self.path}: another process ({_name(found)}) took over while this one could not be reached; "
                    "this one stops without writing"
                )
            if self.remote is not None:
                self.remote.renew()
            yield


NO_HOLDER = Holder()


@contextmanager
def lease(
    path: Path,
    holder: Holder = NO_HOLDER,
    *,
    patience: float = PATIENCE,
    silence: float = SILENCE,
    beat: float = BEAT,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Lease]:
    """Hold a lease while the context lasts.

    The lease is free once its holder's process has died. It is taken over from a holder whose machine left the cluster
    or that gave no heartbeat for `silence` seconds.

    Args:
        path: of the file, created if absent.
        holder: the process that asks.
        patience: seconds to wait for a live holder.
        silence: seconds without a heartbeat after which a holder is gone.
        beat: seconds between two heartbeats.
        clock: seconds that only grow.
        pause: waits.

    Raises:
        RecordLocked: when another process, which the message names, holds it for longer than `patience`.
    """
    token = secrets.token_hex(8)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = _take(path, token, holder, patience, silence, clock, pause)
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(stream.fileno(), beat, ended), daemon=True)
    thread.start()
    try:
        with held_remotely(path, token, node=holder.node, is_gone=holder.is_gone, patience=patience) as remote:
            yield Lease(path, token, remote)
    finally:
        ended.set()
        thread.join()
        stream.close()  # releases the lock; the file still names the last holder


def _take(
    path: Path,
    token: str,
    holder: Holder,
    patience: float,
    silence: float,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> IO[str]:
    deadline, seen, changed = clock() + patience, None, clock()
    while True:
        if (stream := _free(path, token, holder)) is not None:
            return stream
        found = _record(path)
        if (signs := (found.get("token"), _heartbeat(path))) != seen:
            seen, changed = signs, clock()
        if found and (holder.is_gone(str(found.get("node", ""))) or clock() - changed >= silence):
            if (stream := _taken_over(path, found, token, holder)) is not None:
                return stream
        elif clock() >= deadline:
            raise RecordLocked(
                f"{path}: another process writes here ({_name(found)}); "
                "wait for it to finish or stop it, then run the same command again"
            )
        pause(0.5)


def _free(path: Path, token: str, holder: Holder) -> IO[str] | None:
    """Take the lease if its holder's process has died."""
    stream = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        with hold_here(_guard(path), patience=GUARD_PATIENCE):
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):  # the file was not replaced in the meantime
                _name_holder(stream, token, holder)
                return stream
    except BlockingIOError:
        pass
    except BaseException:
        stream.close()
        raise
    stream.close()
    return None


def _taken_over(path: Path, found: dict[str, Any], token: str, holder: Holder) -> IO[str] | None:
    """Replace the file of a holder that is gone; its lock stays on the old file."""
    with hold_here(_guard(path), patience=GUARD_PATIENCE):
        if _record(path).get("token") != found.get("token"):
            return None  # another process was faster
        fresh = path.with_name(f".{path.name}.{token}")
        stream = fresh.open("a+", encoding="utf-8")
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX)
        _name_holder(stream, token, holder)
        os.replace(fresh, path)
        return stream


def _name_holder(stream: IO[str], token: str, holder: Holder) -> None:
    stream.seek(0)
    stream.truncate()
    json.dump({"token": token, "pid": os.getpid(), "host": socket.gethostname(), "node": holder.node}, stream)
    stream.flush()
    os.fsync(stream.fileno())


def _beat(descriptor: int, seconds: float, ended: threading.Event) -> None:
    while not ended.wait(seconds):
        try:
            os.utime(descriptor)
        except OSError:
            continue  # storage is briefly unavailable; others notice the missing heartbeat


def _heartbeat(path: Path) -> int:
    with path.open("rb") as stream:  # reopened, so that NFS refreshes the file's times
        return os.fstat(stream.fileno()).st_mtime_ns


def _record(path: Path) -> dict[str, Any]:
    """The holder of the lease; empty while it is being written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(found: dict[str, Any]) -> str:
    return f"process {found['pid']} on {found['host']}" if found.keys() >= {"pid", "host"} else "unknown"


def _guard(path: Path) -> Path:
    return path.with_name(f"{path.name}.guard")
