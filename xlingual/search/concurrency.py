"""How many trials run side by side, by what the cluster has, or may get, and what a trial asks: pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from xlingual.errors import PlacementError
from xlingual.search.placement import HEAD, Demand, Resources, fit, is_like, listed, slots
from xlingual.task_metrics import counted

SHOWN = 6
"""Most kinds of nodes of a message."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """Nodes of one kind that a cluster may add.

    Attributes:
        name: the type's.
        resources: of each; None where they are known only once such a node runs.
        most: how many there may be.
    """

    name: str
    resources: Resources | None
    most: int


@dataclass(frozen=True, slots=True)
class Growth:
    """What a cluster may become, besides its head.

    Attributes:
        types: of nodes that it may have.
        most_workers: nodes of all types together.
    """

    types: tuple[NodeType, ...] = ()
    most_workers: int = 0

    @property
    def unknown(self) -> list[str]:
        """Names of the types of which it is not known what their nodes have."""
        return [each.name for each in self.types if each.resources is None]

    @property
    def reachable(self) -> list[NodeType]:
        """The types, none with more nodes than the cluster may have of all together."""
        return [replace(each, most=min(each.most, self.most_workers)) for each in self.types]

    def left(self, present: Sequence[Resources], demand: Demand) -> list[Resources]:
        """Nodes that may still come, those with the most room for workers of the demand first.

        Args:
            present: all nodes that are up, also those that cannot be used.
            demand: of one trial.
        """
        workers = [node for node in present if HEAD not in node]
        free = self.most_workers - len(workers)
        found: list[Resources] = []
        known = [(each, each.resources) for each in self.types if each.resources is not None]
        for each, resources in sorted(known, key=lambda pair: -fit(pair[1], demand)):
            up = sum(is_like(node, resources) for node in workers)
            found += [resources] * max(0, min(each.most - up, free - len(found)))
        return found


FIXED = Growth()
"""Of a cluster that stays as it is."""


class Concurrency:
    """Decides how many trials run side by side, as nodes come and go.

    Args:
        demand: of one trial.
        asked: a number, or `auto` for as many as fit.
        growth: what the cluster may become; None where that is not known, and a number is taken at its word.
    """

    def __init__(self, demand: Demand, asked: int | str, growth: Growth | None = FIXED) -> None:
        self.demand, self.asked, self.growth = demand, asked, growth  # `asked` may change
        self._is_known = growth is not None and not growth.unknown

    def room(self, usable: Sequence[Resources], present: Sequence[Resources] | None = None) -> int:
        """Count the trials that fit at most at the same time, on nodes that are up or may come.

        Of trials whose workers may be few or many it is as many as fit with the most, and one where the least fit: Ray
        gives all room to the trial that asks first, and the next would wait for its end.

        Args:
            usable: nodes that may train.
            present: all nodes that are up, where some of them may not.
        """
        places = self._places(usable, present)
        return max(places // self.demand.most_workers, int(places >= self.demand.workers))

    def trials(self, usable: Sequence[Resources], present: Sequence[Resources] | None = None) -> int:
        """Decide how many trials run side by side, at least one: what a trial waits for is told."""
        room = self.room(usable, present)
        if self.asked == "auto":
            return max(1, room)
        return max(1, min(int(self.asked), room)) if self._is_known else int(self.asked)

    def check(self, usable: Sequence[Resources], present: Sequence[Resources] | None = None) -> None:
        """See whether a trial can ever run.

        Raises:
            PlacementError: when none fits, with the largest that would.
        """
        if self.room(usable, present) >= 1 or (self.asked != "auto" and not self._is_known):
            return
        may = f" and may grow to {types_text(self.growth.reachable)}" if self.growth and self.growth.types else ""
        raise PlacementError(
            f"scaling: a trial asks for {self.demand}, but the cluster has {nodes_text(usable)}{may}. "
            f"{self._largest(usable, present)}{self._where_unknown()}"
        )

    def text(self, usable: Sequence[Resources], present: Sequence[Resources] | None = None) -> str:
        """Tell how many trials run side by side, and why."""
        trials, room, asked = self.trials(usable, present), self.room(usable, present), self.asked
        run = f"{counted(trials, 'trials')} {'runs' if trials == 1 else 'run'} in parallel"
        if asked != "auto" and trials == asked:
            for_more = f"; the cluster has room for {room}" if room > trials else ""
            now = "; the nodes that are up have room for {}".format(room or "none") if room < trials else ""
            return f"{run}, as scaling.concurrent_trials says{for_more}{now}"
        up = f"{counted(len(usable), 'nodes')} that {'is' if len(usable) == 1 else 'are'} up"
        told = self._growing(usable, present) or f"as many as fit the {up}"
        lowered = "" if asked == "auto" else f", not {asked} as scaling.concurrent_trials says"
        return f"{run}{lowered}: {told}"

    def _places(self, usable: Sequence[Resources], present: Sequence[Resources] | None) -> int:
        to_come = self.growth.left(present or usable, self.demand) if self.growth else []
        return slots([*usable, *to_come], self.demand)

    def _growing(self, usable: Sequence[Resources], present: Sequence[Resources] | None) -> str:
        """Tell what the cluster may grow to, of nodes that a worker fits; nothing where no such node may come."""
        if self.growth is None or slots(self.growth.left(present or usable, self.demand), self.demand) == 0:
            return ""
        fitting = [each for each in self.growth.reachable if each.resources and fit(each.resources, self.demand)]
        up = [sum(is_like(node, each.resources or {}) for node in usable if HEAD not in node) for each in fitting]
        now = " and ".join(map(str, up))
        return f"the cluster may grow to {types_text(fitting)}; now {now} {'is' if now == '1' else 'are'} up"

    def _largest(self, usable: Sequence[Resources], present: Sequence[Resources] | None) -> str:
        """Tell the largest trial that would fit, and what to write for it."""
        places = self._places(usable, present)
        if places:
            return (
                f"The largest trial that fits has {counted(places, 'workers')}: write "
                f"scaling.workers_per_trial: {places} or less, or use a larger cluster"
            )
        asked = self.demand.per_worker
        nodes = [*usable, *(self.growth.left(present or usable, self.demand) if self.growth else [])]
        named = "GPU" if "GPU" in asked else "CPU"
        has = max(nodes, key=lambda node: (node.get(named, 0.0), node.get("CPU", 0.0)), default={})
        smaller = [_at_most(name, has.get(name, 0.0)) for name in asked if has.get(name, 0.0) < asked[name]]
        found = listed({name: has.get(name, 0.0) for name in asked})
        return f"The largest worker that fits has {found}: write {' and '.join(smaller)}, or use larger nodes"

    def _where_unknown(self) -> str:
        if self.asked != "auto" or self._is_known:
            return ""
        if self.growth is None:
            return "; where the cluster adds nodes when trials wait, write scaling.concurrent_trials: N"
        return (
            f"; for what nodes of the type {' and '.join(self.growth.unknown)} have, write their resources in the "
            "cluster file, or write scaling.concurrent_trials: N in the study"
        )


def nodes_text(nodes: Sequence[Resources]) -> str:
    """Tell what nodes have, equal ones once."""
    kinds = Counter(_text(node) for node in nodes).most_common()
    shown = [f"{counted(number, 'nodes')} of {kind}" for kind, number in kinds[:SHOWN]]
    more = [f"{len(kinds) - SHOWN} other kinds"] if len(kinds) > SHOWN else []
    return "; ".join([*shown, *more]) or "no node at all"


def types_text(types: Sequence[NodeType]) -> str:
    """Tell which nodes there may be."""
    return " and ".join(
        f"{counted(each.most, 'nodes')} of type {each.name} ({_text(each.resources) if each.resources else 'unknown'})"
        for each in types
    )


def _at_most(name: str, amount: float) -> str:
    return f"scaling.{name.lower()}s_per_worker: {amount:g}{' or less' if amount else ''}"


def _text(node: Resources) -> str:
    found = {name: node[name] for name in ("CPU", "GPU") if node.get(name)}
    return ", ".join(f"{amount:g} {name}" for name, amount in found.items()) or "0 CPU"
