"""The node types: which is the head, how many there may be, GPUs, spot prices, and how long an idle node stays."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.cluster_file.cluster import CLOUDS, TYPES, ClusterFile, NodeType
from xlingual.cluster_file.finding import Finding
from xlingual.study.messages import did_you_mean

MINUTES_TO_START = 10
"""Assumed from the request for a node to its first task: boot, image, packages."""

_RAYS_TIMEOUT = 5
"""Ray's default `idle_timeout_minutes`."""


def missing_types(cluster: ClusterFile) -> Iterator[Finding]:
    """Without node types, Ray starts small machines of its own choice."""
    if cluster.provider in CLOUDS and not cluster.writes(TYPES):
        found = "is missing, and Ray would start small machines of its own choice, without GPUs"
        yield cluster.finding((TYPES,), found, "copy the node types from this project's cluster.yaml")


def head_type(cluster: ClusterFile) -> Iterator[Finding]:
    """The head's type is one of the types."""
    types = [each.name for each in cluster.node_types]
    named = cluster.text("head_node_type")
    if not types or named in types:
        return
    if named is None:
        yield cluster.finding(("head_node_type",), "is missing", f"write one of {', '.join(types)}")
    else:
        found = f"no node type is called {named!r}"
        yield cluster.finding(("head_node_type",), found, did_you_mean(named, types))


def ends(cluster: ClusterFile) -> Iterator[Finding]:
    """A type has no more nodes at the start than it may have."""
    for each in cluster.node_types:
        if each.least > each.most:
            found = f"found {each.least}, more than max_workers of {each.name} ({each.most})"
            yield cluster.finding((*each.path, "min_workers"), found, f"write {each.most} or less")


def all_ends(cluster: ClusterFile) -> Iterator[Finding]:
    """The types together have no more nodes at the start than there may be, and none can have more."""
    limit, least = cluster.most_workers, sum(min(each.least, each.most) for each in cluster.node_types)
    if cluster.node_types and least > limit:
        found = f"found {limit}, fewer than the {least} workers that the node types start with (min_workers)"
        yield cluster.finding(("max_workers",), found, f"write {least} or more, or lower min_workers")
        return
    for each in cluster.workers:
        if each.most > limit:
            found = (
                f"found {each.most}, but the whole cluster may have only {limit} workers (max_workers at the top level)"
            )
            remedy = f"write {limit}, or max_workers: {each.most} at the top level"
            yield cluster.finding((*each.path, "max_workers"), found, remedy)


def ignored_min_workers(cluster: ClusterFile) -> Iterator[Finding]:
    """With node types, Ray ignores `min_workers` at the top."""
    if not cluster.is_local and cluster.writes("min_workers"):
        found = "Ray ignores this key at the top level"
        yield cluster.finding(("min_workers",), found, f"write min_workers in the node types ({TYPES})")


def spot_head(cluster: ClusterFile) -> Iterator[Finding]:
    """The head keeps running."""
    head = cluster.head
    if head is None:
        return
    key = _spot(head)
    if key:
        found = "the head is a spot instance, and the cluster is gone when the cloud takes it back"
        path = (*head.path, "node_config", *key)
        yield cluster.finding(path, found, f"delete {key[0]} from the type {head.name}")


def _spot(node: NodeType) -> tuple[str, ...]:
    """Path, below `node_config`, of what makes a node a spot instance; empty when nothing does."""
    market = node.config.get("InstanceMarketOptions")
    if isinstance(market, dict) and market.get("MarketType") == "spot":
        return ("InstanceMarketOptions",)
    scheduling = node.config.get("scheduling")
    parts = scheduling if isinstance(scheduling, list) else [scheduling]
    if any(isinstance(each, dict) and (each.get("preemptible") is True or each.get("provisioningModel") == "SPOT")
           for each in parts):  # fmt: skip
        return ("scheduling",)
    return ()


def gpus(cluster: ClusterFile) -> Iterator[Finding]:
    """A machine with GPUs says so, and one without does not claim any."""
    for each in cluster.node_types:
        path, written = (*each.path, "resources"), each.resources.get("GPU")
        if each.has_gpu and not written and (written == 0 or not each.is_filled_in):
            found = f"{each.machine} has a GPU that is not among the resources, so no trial would use it"
            yield cluster.finding(path, found, "write GPU: 1, or as many as there are")
        if each.machine and not each.has_gpu and written:
            found = f"found GPU: {written:g}, but {each.machine} has no NVIDIA GPU"
            yield cluster.finding((*path, "GPU"), found, "delete it, or write a machine with GPUs")


def idle_timeout(cluster: ClusterFile) -> Iterator[Finding]:
    """An idle node stays for longer than its successor needs to start."""
    if cluster.provider not in CLOUDS:
        return
    takes = f"a node is assumed to take {MINUTES_TO_START} minutes to start (boot, image, packages)"
    remedy = f"write {MINUTES_TO_START + 5}"
    minutes = cluster.number("idle_timeout_minutes")
    if not cluster.writes("idle_timeout_minutes"):
        found = f"is missing, and Ray's default is {_RAYS_TIMEOUT} minutes; {takes}"
        yield cluster.finding(("idle_timeout_minutes",), found, remedy)
    elif minutes is not None and minutes < MINUTES_TO_START:
        yield cluster.finding(("idle_timeout_minutes",), f"found {minutes:g}, but {takes}", remedy)
    for each in cluster.workers:
        seconds = cluster.number(*each.path, "idle_timeout_s")
        if seconds is not None and seconds < 60 * MINUTES_TO_START:
            found = f"found {seconds:g} seconds, but {takes}"
            yield cluster.finding((*each.path, "idle_timeout_s"), found, f"write {60 * (MINUTES_TO_START + 5)}")


RULES = (missing_types, head_type, ends, all_ends, ignored_min_workers, spot_head, gpus, idle_timeout)
