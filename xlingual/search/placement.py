"""How many trials run side by side: pure arithmetic on what the cluster has and what a trial asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlingual.errors import PlacementError


@dataclass(frozen=True, slots=True)
class Demand:
    """What one trial asks of the cluster."""

    workers: int
    cpus_per_worker: float
    gpus_per_worker: float

    @property
    def per_worker(self) -> dict[str, float]:
        """Resources of one worker, those that are asked for."""
        asked = {"CPU": self.cpus_per_worker, "GPU": self.gpus_per_worker}
        return {name: amount for name, amount in asked.items() if amount > 0}

    def __str__(self) -> str:
        each = " and ".join(f"{amount:g} {name}" for name, amount in self.per_worker.items())
        return f"{self.workers} worker{'s' if self.workers > 1 else ''} of {each}"


def elsewhere(avoided: Sequence[str]) -> dict[str, str]:
    """Select any node but those of the ids, as Ray writes it."""
    return {"ray.io/node-id": f"!in({','.join(avoided)})"}


def slots(nodes: Sequence[Mapping[str, float]], demand: Demand) -> int:
    """Count the workers that fit on the nodes at the same time; a worker lies on one node."""
    return sum(_fit(node, demand) for node in nodes)


def concurrent_trials(
    nodes: Sequence[Mapping[str, float]], demand: Demand, asked: int | str, *, may_grow: bool = False
) -> int:
    """Decide how many trials run side by side.

    Args:
        nodes: resources of each node, Ray's names (`CPU`, `GPU`).
        demand: of one trial.
        asked: a number, or `auto` for as many as fit.
        may_grow: whether the cluster may add nodes when trials wait for them; a number is then taken at its word.

    Raises:
        PlacementError: when not even one trial fits.
    """
    fitting = slots(nodes, demand) // demand.workers
    if may_grow and asked != "auto":
        return int(asked)
    if fitting < 1:
        found = "; ".join(_text(node) for node in nodes) or "no node at all"
        raise PlacementError(
            f"scaling: a trial asks for {demand}, but the cluster's nodes have: {found}. "
            "Write fewer scaling.workers_per_trial, cpus_per_worker or gpus_per_worker, or join a larger cluster"
            + ("; for one that adds nodes when trials wait, write scaling.concurrent_trials: N" if may_grow else "")
        )
    return fitting if asked == "auto" else min(int(asked), fitting)


def _fit(node: Mapping[str, float], demand: Demand) -> int:
    return min(int(node.get(name, 0.0) // amount) for name, amount in demand.per_worker.items())


def _text(node: Mapping[str, float]) -> str:
    return ", ".join(f"{node.get(name, 0.0):g} {name}" for name in ("CPU", "GPU"))
