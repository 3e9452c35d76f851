"""Says what a study waits for when the cluster has no room for its trials."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from xlingual.search.groups import Group, groups, left_over_line, remove_left_over
from xlingual.search.listener import ClusterUse
from xlingual.search.nodes import Nodes

LOOKS = 5.0
"""Seconds between two looks at the cluster."""

SILENCE = 30.0
"""Seconds that a trial waits before anything is said; then after twice as long each time."""

AGAIN = 60.0
"""Seconds between two looks at nodes that are left out."""

SHOWN = 6
"""Most nodes of a line."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a node has, and what of it is free; Ray's names (`CPU`, `GPU`)."""

    address: str
    total: Mapping[str, float]
    free: Mapping[str, float]


@dataclass
class Watch:
    """Turns looks at the cluster into lines.

    Args:
        namespace: of the groups that are this study's.
        tell: takes a line.
        grows: whether the cluster adds nodes by itself for what waits.
    """

    namespace: str
    tell: Callable[[str], None]
    grows: bool = False
    _since: dict[str, float] = field(default_factory=dict)
    _next: float = SILENCE

    def look(self, found: Sequence[Group], rooms: Callable[[], Sequence[Room]], now: float) -> None:
        """Tell what is waited for, where nothing of the study trains and a group of it has waited for long.

        Args:
            found: the cluster's groups.
            rooms: its nodes; asked only for a line.
            now: seconds that only grow.
        """
        mine = [group for group in found if group.namespace == self.namespace and group.trains]
        waiting = {group.key: group for group in mine if not group.placed}
        if not waiting or len(waiting) < len(mine):
            self._since.clear()
            self._next = SILENCE
            return
        self._since = {key: self._since.get(key, now) for key in waiting}
        oldest = min(self._since, key=self._since.__getitem__)
        waited = now - self._since[oldest]
        if waited >= self._next:
            self._next = 2 * waited
            self.tell(waiting_line(waiting[oldest], rooms(), waited, grows=self.grows))


def waiting_line(group: Group, rooms: Sequence[Room], waited: float, *, grows: bool = False) -> str:
    """Tell what a group waits for, and what the nodes have."""
    asked = Counter(_text(bundle) for bundle in group.bundles)
    wanted = " and ".join(f"{count} worker{'s' if count > 1 else ''} of {each}" for each, count in asked.items())
    names = sorted({name for bundle in group.bundles for name in bundle if not name.startswith("node:")})
    large = "the cluster has yet to start a node that large; " if grows else "no node of the cluster is that large; "
    why = "" if all(_fits(bundle, rooms) for bundle in group.bundles) else large
    return f"no trial is training: one has waited {waited:.0f} s for {wanted}; {why}free now: {_free(rooms, names)}"


def first_ready(references: Sequence[Any], what: str, tell: Callable[[str], None], silence: float = SILENCE) -> Any:
    """Wait for the first of some tasks to end, and tell now and then that none did.

    Args:
        references: of the tasks' results.
        what: they do, for people.
        tell: takes a line.
        silence: seconds before the first line.
    """
    import ray

    waited = 0.0
    while True:
        ready, _ = ray.wait(list(references), num_returns=1, timeout=waited or silence)
        if ready:
            return ready[0]
        waited = 2 * waited or silence
        tell(f"{what}: no result for {waited:.0f} s; free now: {_free(rooms_now(), ('CPU', 'GPU'))}")


@contextmanager
def watching(
    namespace: str,
    tell: Callable[[str], None],
    nodes: Nodes | None = None,
    looks: float = LOOKS,
    used: Callable[[ClusterUse], None] = lambda use: None,
) -> Iterator[None]:
    """Look at the connected cluster while the context lasts, and remove what killed commands left there.

    Args:
        namespace: of the groups that are this study's.
        tell: takes a line.
        nodes: those that join are looked at; those that were left out again, and used when they can do their part.
        looks: seconds between two looks.
        used: told of the use of the cluster whose `nodes` are given, when it changed.
    """
    ended = threading.Event()
    watch = Watch(namespace, tell, grows=nodes is not None and nodes.may_come)

    def run() -> None:
        looked, use = time.monotonic(), None
        while not ended.wait(looks):
            try:
                if removed := remove_left_over():
                    tell(left_over_line(removed))
                watch.look(groups(), rooms_now, time.monotonic())
                if nodes:
                    if use != (use := use_of(rooms_now())):
                        used(use)
                    nodes.follow(alive_now())
                if nodes and nodes.any_left_out and time.monotonic() - looked >= AGAIN:
                    nodes.look()
                    looked = time.monotonic()
            except Exception:  # a cluster that does not answer is told by whoever needs the answer
                continue

    if removed := remove_left_over():
        tell(left_over_line(removed))
    thread = threading.Thread(target=run, name="watch of the cluster", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(looks)


def alive_now() -> set[str]:
    """Ask the cluster for the ids of its nodes."""
    import ray

    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}


def rooms_now() -> list[Room]:
    """Ask the cluster what each node has, and what of it is free."""
    import ray
    from ray._private.state import available_resources_per_node

    free = available_resources_per_node()
    return [
        Room(node["NodeManagerAddress"], node["Resources"], free.get(node["NodeID"], {}))
        for node in ray.nodes()
        if node["Alive"]
    ]


def use_of(rooms: Sequence[Room]) -> ClusterUse:
    """CPUs and GPUs of all nodes, and those in use."""
    total = {name: sum(room.total.get(name, 0.0) for room in rooms) for name in ("CPU", "GPU")}
    free = {name: sum(room.free.get(name, 0.0) for room in rooms) for name in total}
    return ClusterUse(len(rooms), {name: total[name] - free[name] for name in total}, total)


def _fits(bundle: Mapping[str, float], rooms: Sequence[Room]) -> bool:
    return any(all(room.total.get(name, 0.0) >= amount for name, amount in bundle.items()) for room in rooms)


def _free(rooms: Sequence[Room], names: Sequence[str]) -> str:
    nodes = [
        f"{room.address} {', '.join(f'{room.free.get(n, 0.0):g} of {room.total.get(n, 0.0):g} {n}' for n in names)}"
        for room in rooms[:SHOWN]
    ]
    more = f"; {len(rooms) - SHOWN} more nodes" if len(rooms) > SHOWN else ""
    return ("; ".join(nodes) or "no node at all") + more


def _text(bundle: Mapping[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}" for name, amount in sorted(bundle.items()))
