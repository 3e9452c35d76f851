"""A tracker that keeps what it is sent in lists, and fails or hangs when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.study.trackers import TrackerKind
from xlingual.trackers.run import Destination, Outcome, TrackedRun

KIND = TrackerKind("list", "List", "list_tracker", "pip install list", "list_tracker:ListTracker")


@dataclass
class Store:
    """What lasts when a tracker is closed: every addition in its order; `left` are those until it fails."""

    added: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    left: int | None = None
    opened: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False

    def of(self, run: str) -> dict[str, Mapping[str, Any]]:
        """What is kept of a run."""
        return {key: values for name, key, values in self.added if name == run}


STORES: dict[str, Store] = {}
"""By `at`: tests give each its own."""


class ListTracker:
    """See above."""

    def __init__(self, destination: Destination) -> None:
        self._store = STORES.setdefault(str(destination.at), Store())
        self._store.opened += 1
        self.place = f"list {destination.at}"

    def known(self) -> Mapping[str, str]:
        return self._store.digests

    def send(self, run: TrackedRun) -> Outcome:
        store = self._store
        if store.hangs:
            store.gate.wait()
        if run.is_empty:
            return "waiting"
        held = store.of(run.name)
        for point in run.points:
            if point.key not in held:
                self._add(run.name, point.key, point.values)
        state = {"state": run.state, "reason": run.reason}
        if run.ended is not None and held.get("state") != state:
            self._add(run.name, "state", state)
        store.digests[run.id] = run.digest
        return "sent"

    def close(self) -> None:
        pass

    def _add(self, run: str, key: str, values: Mapping[str, Any]) -> None:
        if self._store.left is not None:
            if self._store.left == 0:
                raise ConnectionError("the list\nis full")
            self._store.left -= 1
        self._store.added.append((run, key, dict(values)))
