"""A lock in an object store: an object that names its holder, who rewrites it every few seconds.

It is taken by creating the object, or by replacing it in the very state in which it was seen: of several that try, one
succeeds. It is free when its holder gave it back, or has not rewritten it for `SILENCE` seconds: by the store's clock
when it is first seen, by that of whoever waits from then on. A process of the waiting machine whose local lock is free
is dead.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from xlingual.activity import doing
from xlingual.errors import RecordLocked, StorageError
from xlingual.records.attached import mirrored
from xlingual.records.mirror import Sign
from xlingual.records.remote import Remote, Tag

BEAT = 15.0
"""Seconds between two signs of a holder."""

SILENCE = 60.0
"""Seconds without a sign after which a holder counts as gone: a lock outlives a dead machine by no more than this."""

Gone = Callable[[str], bool]


def now() -> float:
    """Seconds that only grow, those of a suspended machine among them."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class HeldLock:
    """The right to write below a URL.

    Args:
        remote: where the object is.
        key: its key.
        record: names this process.
        tag: of the object's present state.
    """

    def __init__(self, remote: Remote, key: str, record: dict[str, Any], tag: Tag) -> None:
        self._remote, self._key, self._record, self._tag = remote, key, record, tag
        self._renewed, self._lost = now(), False
        self._one_at_a_time = threading.Lock()

    def check(self) -> None:
        """See that the lock is held, which is asked again when the last sign is old.

        Raises:
            RecordLocked: when another process has taken over.
        """
        if self._lost or now() - self._renewed > SILENCE / 2:
            self.renew()

    def renew(self) -> None:
        """Give a sign.

        Raises:
            RecordLocked: when another process has taken over.
            StorageError: when the store cannot be reached.
        """
        with self._one_at_a_time:
            asked = now()
            self._rewrite(beat=self._record["beat"] + 1)
            self._renewed = asked

    def give_back(self) -> None:
        """Let another one have it at once."""
        with self._one_at_a_time, suppress(StorageError, RecordLocked):
            self._rewrite(free=True)

    def _rewrite(self, **changed: Any) -> None:
        record = {**self._record, **changed, "time": time.time()}
        for _ in range(2):
            if self._lost:
                break
            tag = self._remote.replace(self._key, _written(record), self._tag)
            if tag is not None:
                self._record, self._tag = record, tag
                return
            found = _read(self._remote, self._key)
            if found is None or found[0].get("token") != record["token"]:
                self._lost = True
            else:  # an earlier sign arrived, but its answer did not
                self._tag = found[1]
        raise RecordLocked(
            f"{self._remote.url}/{self._key}: another process took over while this one could not be reached; this one "
            "stops without writing"
        )


@contextmanager
def held_remotely(
    path: Path,
    token: str,
    *,
    node: str = "",
    is_gone: Gone = lambda node: False,
    patience: float = 0.0,
    silence: float = SILENCE,
    beat: float = BEAT,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[HeldLock | None]:
    """Hold a mirror's lock in the store as well, and bring what it is the lock of up to date.

    The caller holds the same lock on this machine. Yields None where the folder is no mirror.

    Args:
        path: of the lock file here.
        token: names this holder.
        node: id of this machine in the cluster.
        is_gone: whether the machine of an id has left the cluster.
        patience: seconds to wait for a holder that gives signs.
        silence: seconds without a sign after which a holder is gone.
        beat: seconds between two signs of this holder.
        clock: seconds that only grow.
        pause: waits.

    Raises:
        RecordLocked: when another process, which the message names, gives signs for longer than `patience`.
        StorageError: when the store cannot be reached.
    """
    found = mirrored(path.parent)
    if found is None:
        yield None
        return
    mirror, folder = found
    key = f"{folder}/{path.name}" if folder else path.name
    record = {
        "token": token,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "node": node,
        "machine": _machine(mirror.root),
        "beat": 0,
        "time": time.time(),
    }
    with doing(f"waiting for {mirror.remote.url}/{key}"):
        tag = _taken(mirror.remote, key, record, is_gone, patience, silence, clock, pause)
    lock = HeldLock(mirror.remote, key, record, tag)
    mirror.claims.append(lock)
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(lock, beat, ended), daemon=True)
    thread.start()
    try:
        mirror.refresh(folder)
        yield lock
    finally:
        ended.set()
        thread.join()
        mirror.claims.remove(lock)
        lock.give_back()


def is_held_remotely(path: Path, clock: Callable[[], float] = time.monotonic) -> bool | None:
    """Whether some process holds a mirror's lock now; None where it is no mirror's.

    At the first look, the clock of this machine is compared with that of the store. From the second on, signs count:
    one since the look before means that it is held, whatever the clocks say, and none for `SILENCE` seconds that it is
    not.
    """
    found = mirrored(path.parent)
    if found is None:
        return None
    mirror, folder = found
    if mirror.claims:  # this process's own
        return True
    key = f"{folder}/{path.name}" if folder else path.name
    there = mirror.remote.head(key)
    if there is None:
        return False
    last = mirror.signs.get(key)
    if last is None:
        mirror.signs[key] = Sign(there.tag.e_tag, clock() - max(0.0, time.time() - there.written))
    elif last.tag != there.tag.e_tag:
        mirror.signs[key] = Sign(there.tag.e_tag, clock())
    if clock() - mirror.signs[key].seen > SILENCE:
        return False
    read = _read(mirror.remote, key)
    return read is not None and not read[0].get("free")


def _taken(
    remote: Remote,
    key: str,
    mine: dict[str, Any],
    is_gone: Gone,
    patience: float,
    silence: float,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> Tag:
    deadline, seen, changed, signs = clock() + patience, None, 0.0, -1
    while True:
        found = _read(remote, key)
        if found is None:
            tag = remote.create(key, _written(mine))
            if tag is not None:
                return tag
            continue
        record, now_tag = found
        if now_tag != seen:
            age = _age(remote, key, mine["token"]) if seen is None and not record.get("free") else 0.0
            seen, changed, signs = now_tag, clock() - age, signs + 1
        dead = record.get("machine") == mine["machine"] or is_gone(str(record.get("node", "")))
        if record.get("free") or dead or clock() - changed >= silence:
            tag = remote.replace(key, _written(mine), now_tag)
            if tag is not None:
                return tag
            continue
        if signs > 0 and clock() >= deadline:
            raise RecordLocked(
                f"{remote.url}/{key}: another process writes here (process {record.get('pid')} on "
                f"{record.get('host')}); wait for it to finish or stop it, then run the same command again"
            )
        pause(1.0)


def _age(remote: Remote, key: str, token: str) -> float:
    """Seconds since an object was written, by the clock of the store alone."""
    asked = f".now-{token}"
    remote.put(asked, b"")
    present, there = remote.head(asked), remote.head(key)
    remote.delete([asked])
    return max(0.0, present.written - there.written) if present and there else 0.0


def _beat(lock: HeldLock, seconds: float, ended: threading.Event) -> None:
    while not ended.wait(seconds):
        with suppress(StorageError, RecordLocked):  # whoever writes next is told
            lock.renew()


def _read(remote: Remote, key: str) -> tuple[dict[str, Any], Tag] | None:
    found = remote.get(key)
    if found is None:
        return None
    try:
        record = json.loads(found[0])
    except ValueError:
        record = {}
    return (record if isinstance(record, dict) else {}), found[1]


def _written(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def _machine(root: Path) -> str:
    """Name this machine and its folder, so that a lock that is free here tells that its last holder is dead."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = socket.gethostname()
    root.mkdir(parents=True, exist_ok=True)
    found = root.stat()
    return f"{boot}:{found.st_dev}:{found.st_ino}"
