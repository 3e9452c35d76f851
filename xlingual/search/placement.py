"""What a trial asks and what a node has: pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Resources = Mapping[str, float]
"""Of a node, Ray's names (`CPU`, `GPU`)."""

HEAD = "node:__internal_head__"
"""Ray's resource that the head alone has."""

_ROUNDING = 1e-9
"""A tenth of a GPU fits ten times, though 1.0 // 0.1 is 9."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one trial asks of the cluster.

    Attributes:
        workers: without which it does not begin.
        cpus_per_worker: of each.
        gpus_per_worker: of each.
        most: workers that it takes where there is room; 0 for no more than it needs.
    """

    workers: int
    cpus_per_worker: float
    gpus_per_worker: float
    most: int = 0

    @property
    def most_workers(self) -> int:
        """Workers that it takes where there is room."""
        return max(self.workers, self.most)

    @property
    def is_alone(self) -> bool:
        """Whether a single process trains it, whatever room there is."""
        return self.most_workers == 1

    @property
    def per_worker(self) -> dict[str, float]:
        """Resources of one worker, those that are asked for."""
        asked = {"CPU": self.cpus_per_worker, "GPU": self.gpus_per_worker}
        return {name: amount for name, amount in asked.items() if amount > 0}

    def __str__(self) -> str:
        most = f" to {self.most_workers}" if self.most_workers > self.workers else ""
        return f"{self.workers}{most} worker{'' if self.is_alone else 's'} of {listed(self.per_worker)}"


def elsewhere(avoided: Sequence[str]) -> dict[str, str]:
    """Select any node but those of the ids, as Ray writes it."""
    return {"ray.io/node-id": f"!in({','.join(avoided)})"}


def slots(nodes: Sequence[Resources], demand: Demand) -> int:
    """Count the workers that fit on the nodes at the same time; a worker lies on one node."""
    return sum(fit(node, demand) for node in nodes)


def is_like(node: Resources, other: Resources) -> bool:
    """Whether two nodes have the same CPUs and GPUs."""
    return all(node.get(name, 0.0) == other.get(name, 0.0) for name in ("CPU", "GPU"))


def listed(resources: Resources) -> str:
    """Resources for people: 8 CPU and 1 GPU."""
    return " and ".join(f"{amount:g} {name}" for name, amount in resources.items())


def fit(node: Resources, demand: Demand) -> int:
    """Count the workers that fit on a node at the same time."""
    return min(int(node.get(name, 0.0) / amount + _ROUNDING) for name, amount in demand.per_worker.items())
