"""What the connected cluster may become: from its autoscaler, or from the file that `ray up` copied to this head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from xlingual.search.concurrency import Growth, NodeType
from xlingual.search.placement import HEAD, Resources, is_like

MANY = 10**6
"""Nodes where a cluster states no limit."""

_MONITOR = "monitor.py"
"""Ray's program that adds nodes, on the head."""


def growth_of_cluster() -> Growth | None:
    """Ask what the connected cluster may become; None where nobody here knows.

    An autoscaler may report its node types to the cluster's control store; the one that `ray up` starts reads them from
    a file that it is named on its command line, and is found where this process runs on the head, too.
    """
    import ray
    from ray._private.state import state

    nodes = [node for node in ray.nodes() if node["Alive"]]
    head: Resources = next((node["Resources"] for node in nodes if HEAD in node["Resources"]), {})
    reported = state.get_cluster_config()
    if reported is not None and (growth := growth_of_report(reported.node_group_configs, head)) is not None:
        return growth
    context = ray.get_runtime_context()
    here: Resources = next((node["Resources"] for node in nodes if node["NodeID"] == context.get_node_id()), {})
    file = autoscaling_file(context.gcs_address, _command_lines()) if HEAD in here else None
    return growth_of_file(file) if file is not None else None


def growth_of_report(groups: Iterable[Any], head: Resources) -> Growth | None:
    """Read what an autoscaler reported; None where it names no types.

    Args:
        groups: Ray's `NodeGroupConfig`s, the head's among them; a `max_count` of -1 has no limit.
        head: what it has.
    """
    found = []
    for each in groups:
        resources = {name: float(amount) for name, amount in dict(each.resources).items()}
        if each.max_count == 0 or (each.max_count == 1 and resources and is_like(head, resources)):
            continue
        is_known = each.max_count > 0 and bool(resources)
        found.append(NodeType(each.name, resources if is_known else None, each.max_count if is_known else MANY))
    return Growth(tuple(found), sum(each.most for each in found)) if found else None


def growth_of_file(path: Path) -> Growth | None:
    """Read a cluster file as `ray up` completed it; None where it cannot be read, or names no types.

    Of a type whose resources are not written (`resources: {}`) it is not known what its nodes have.
    """
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    types = value.get("available_node_types") if isinstance(value, dict) else None
    if not isinstance(types, dict):
        return None
    most_workers = _whole(value.get("max_workers"), MANY)
    found = [
        _type_of(str(name), each, 0 if name == value.get("head_node_type") else most_workers)
        for name, each in types.items()
        if isinstance(each, dict)
    ]
    return Growth(tuple(each for each in found if each.most > 0), most_workers)


def autoscaling_file(address: str, command_lines: Iterable[Sequence[str]]) -> Path | None:
    """Find the file that the autoscaler of a cluster reads, by the command line of its process.

    Args:
        address: HOST:PORT of the cluster's control store.
        command_lines: of the processes of this machine.
    """
    for line in command_lines:
        if any(Path(word).name == _MONITOR for word in line[:4]) and f"--gcs-address={address}" in line:
            named = [word.partition("=")[2] for word in line if word.startswith("--autoscaling-config=")]
            if named:
                return Path(named[-1]).expanduser()
    return None


def _command_lines() -> list[list[str]]:
    psutil: Any = import_module("psutil")  # Ray brings it

    return [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]


def _type_of(name: str, value: Mapping[str, Any], most: int) -> NodeType:
    written = value.get("resources")
    resources = {
        key: float(amount)
        for key, amount in (written.items() if isinstance(written, dict) else ())
        if isinstance(amount, int | float) and not isinstance(amount, bool)
    }
    return NodeType(name, resources or None, _whole(value.get("max_workers"), most))


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
