"""Whether the trials of a study fit the nodes that there may be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlingual.cluster_file.cluster import TYPES, ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.search.placement import Demand, slots
from xlingual.study.document import Path
from xlingual.task_metrics import counted


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of one kind: what each has, how many there are at the start, and how many there may be."""

    path: Path
    resources: dict[str, float]
    least: int
    most: int
    counts: bool = True
    """Whether they are workers by Ray's reckoning: the head is none."""


def gpus(cluster: ClusterFile) -> Iterator[Finding]:
    """A study that trains on GPUs finds some."""
    demand, groups = _demand(cluster), groups_of(cluster)
    if demand and groups and demand.gpus_per_worker and not any(each.resources.get("GPU") for each in groups):
        found = f"a worker of the study asks for {demand.gpus_per_worker:g} GPU, and no node has any"
        remedy = "add nodes with GPUs, or write scaling.gpus_per_worker: 0 in the study"
        yield cluster.finding(_all_nodes(cluster), found, remedy)


def fit(cluster: ClusterFile) -> Iterator[Finding]:
    """All trials that are to run side by side fit, at least one."""
    demand, groups = _demand(cluster), groups_of(cluster)
    if not demand or not groups or cluster.study is None:
        return
    if demand.gpus_per_worker and not any(each.resources.get("GPU") for each in groups):
        return
    asked = cluster.study.scaling.concurrent_trials
    trials = 1 if asked == "auto" else int(asked)
    places = most_places(groups, demand, cluster.most_workers)
    if places >= trials * demand.workers:
        return
    if not any(slots([each.resources], demand) for each in groups):
        yield _no_node_for_a_worker(cluster, groups, demand)
    elif places < demand.workers:
        yield _too_few(cluster, groups, demand, places, 1)
    else:
        yield _too_few(cluster, groups, demand, places, trials)


def groups_of(cluster: ClusterFile) -> tuple[Group, ...]:
    """All nodes by their kind; nothing where the file does not tell what each has."""
    if cluster.is_local:
        hosts = cluster.hosts()
        workers = cluster.most_workers
        if hosts is None:
            return ()
        head, worker = hosts
        path: Path = ("provider", "worker_ips")
        return Group(("provider", "head_ip"), head, 1, 1, counts=False), Group(path, worker, workers, workers)
    if not all(each.is_known for each in cluster.node_types):
        return ()
    workers_ = [Group(each.path, dict(each.resources), each.least, each.most) for each in cluster.workers]
    heads = [Group(each.path, dict(each.resources), 1, 1, counts=False) for each in cluster.node_types if each.is_head]
    return *heads, *workers_


def most_places(groups: Sequence[Group], demand: Demand, most_workers: int) -> int:
    """Count the workers of trials that fit at most at the same time, with so many nodes besides the head."""
    places, left = 0, most_workers
    for each in sorted(groups, key=lambda group: -slots([group.resources], demand)):
        nodes = min(each.most, left) if each.counts else each.most
        places += nodes * slots([each.resources], demand)
        left -= nodes if each.counts else 0
    return places


def _demand(cluster: ClusterFile) -> Demand | None:
    if cluster.study is None:
        return None
    scaling = cluster.study.scaling
    return Demand(scaling.least_workers, scaling.cpus_per_worker, scaling.gpus_per_worker, scaling.most_workers)


def _no_node_for_a_worker(cluster: ClusterFile, groups: Sequence[Group], demand: Demand) -> Finding:
    """No node has room for one worker."""
    asked = demand.per_worker
    named = "GPU" if "GPU" in asked else "CPU"
    largest = max(groups, key=lambda each: (each.resources.get(named, 0.0), each.resources.get("CPU", 0.0)))
    has = {name: largest.resources.get(name, 0.0) for name in asked}
    smaller = [f"scaling.{name.lower()}s_per_worker: {has[name]:g}" for name in asked if has[name] < asked[name]]
    found = f"a worker of the study asks for {_listed(asked)}, and the largest node has {_listed(has)}"
    path = largest.path if cluster.is_local else (*largest.path, "resources")
    return cluster.finding(path, found, f"use larger nodes, or write {' and '.join(smaller)} in the study")


def _too_few(cluster: ClusterFile, groups: Sequence[Group], demand: Demand, places: int, trials: int) -> Finding:
    """There may not be enough nodes for some trials."""
    fitting = [each for each in groups if each.counts and slots([each.resources], demand)]
    is_global = not cluster.is_local and most_places(groups, demand, 10**6) >= trials * demand.workers
    if trials == 1:
        text = f"a trial of the study has {demand}, and {_fitting(places)}"
    else:
        text = f"the study runs {trials} trials of {demand} at a time, and {_fitting(places // demand.workers)}"
    if not fitting:
        return cluster.finding(_all_nodes(cluster), text, "use larger nodes" + _smaller(demand, places, trials))
    best = max(fitting, key=lambda each: slots([each.resources], demand))
    more = math.ceil((trials * demand.workers - places) / slots([best.resources], demand))
    now = cluster.most_workers if is_global else best.most
    remedy = f"add {counted(more, 'hosts')}" if cluster.is_local else f"write {now + more}"
    path: Path = best.path if cluster.is_local else (*best.path, "max_workers")
    return cluster.finding(
        ("max_workers",) if is_global else path, f"found {now}, but {text}", remedy + _smaller(demand, places, trials)
    )


def _smaller(demand: Demand, places: int, trials: int) -> str:
    """Say which study would fit; nothing when none would."""
    if trials > 1:
        return f", or write scaling.concurrent_trials: {places // demand.workers} in the study"
    divisors = [workers for workers in range(1, places + 1) if demand.workers % workers == 0]  # they share the batch
    return f", or write scaling.workers_per_trial: {divisors[-1]} in the study" if divisors else ""


def _fitting(number: int) -> str:
    return {0: "none fits", 1: "only 1 fits"}.get(number, f"only {number} fit")


def _all_nodes(cluster: ClusterFile) -> Path:
    return ("provider", "worker_ips") if cluster.is_local else (TYPES,)


def _listed(resources: Mapping[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}" for name, amount in resources.items())


RULES = (gpus, fit)
