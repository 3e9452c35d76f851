"""What each node of a cluster has: asked once a node before the first trial, and compared with the driver's.

What runs on a node is sent there whole (pickled by value), for a node may have another copy of this package, or none.
It imports nothing but the standard library and what it asks about.
"""

from __future__ import annotations

import hashlib
import platform
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from xlingual.errors import PlacementError

PACKAGES = ("ray", "torch", "transformers", "tokenizers", "numpy")
"""Packages whose versions decide numbers, or whether one process understands another."""

SECONDS_TO_ANSWER = 120.0
"""For a node to start a process and to answer."""

_ASKING = threading.Lock()
"""The watch of the cluster asks, too, and what is registered for pickling is the whole process's."""

Facts = dict[str, Any]


def facts_of_node(node: str = "") -> Facts:
    """Look around in this process: host, Python, versions, and which copy of xlingual it imports."""
    return {
        "hostname": socket.gethostname(),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in PACKAGES},
        **_code(),
    }


def ask_nodes(
    nodes: Sequence[Mapping[str, Any]],
    seconds: float = SECONDS_TO_ANSWER,
    question: Callable[..., Any] = facts_of_node,
    *arguments: Any,
) -> dict[str, Any]:
    """Ask each node a question.

    Args:
        nodes: those that are alive, as `ray.nodes()` describes them.
        seconds: to wait for all of them.
        question: runs once on each node, and is given its id and then `arguments`; its module imports nothing of this
            package.
        arguments: of the question.

    Returns:
        answers by node id; that of a node that did not answer is {"error": why}.
    """
    import ray
    from ray import cloudpickle
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    module = sys.modules[question.__module__]
    task = ray.remote(num_cpus=0, max_retries=0)(question)
    asked = {}
    with _ASKING:
        cloudpickle.register_pickle_by_value(module)
        try:
            for node in nodes:
                there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                asked[task.options(scheduling_strategy=there).remote(node["NodeID"], *arguments)] = node["NodeID"]
        finally:
            cloudpickle.unregister_pickle_by_value(module)
    ready, late = ray.wait(list(asked), num_returns=len(asked), timeout=seconds) if asked else ([], [])
    silent = {"error": f"no answer in {seconds:g} s"}
    return {asked[each]: _answer(each) for each in ready} | {asked[each]: silent for each in late}


def check_nodes() -> None:
    """Compare every node of the connected cluster with this process.

    Raises:
        PlacementError: see `compare_nodes`.
    """
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    compare_nodes(ask_nodes(nodes), nodes, facts_of_node())


def compare_nodes(found: Mapping[str, Facts], nodes: Sequence[Mapping[str, Any]], mine: Facts) -> None:
    """Compare every node with the driver.

    Args:
        found: see `ask_nodes`.
        nodes: those that were asked, as `ray.nodes()` describes them.
        mine: the driver's own facts.

    Raises:
        PlacementError: one line that names a node that differs, in what, and what to do.
    """
    addresses = {node["NodeID"]: node["NodeManagerAddress"] for node in nodes}
    differing = {node: told for node, facts in found.items() if (told := difference(facts, mine))}
    for node, told in differing.items():
        host = found[node].get("hostname")
        others = f" ({len(differing)} nodes of {len(found)} differ)" if len(differing) > 1 else ""
        raise PlacementError(
            f"node {addresses.get(node, node)}{f' ({host})' if host else ''}: {told}. Install the same on every node "
            f"and on the machine of this command, then run it again{others}"
        )


def difference(facts: Facts, mine: Facts) -> str | None:
    """Say in what a node differs from the driver; None when in nothing that matters."""
    if "error" in facts:
        return f"cannot run this study ({facts['error']})"
    if facts["python"] != mine["python"]:
        return f"its Python is {facts['python']}, here it is {mine['python']}"
    for package, here in mine["versions"].items():
        there = facts["versions"].get(package)
        if _public(there) != _public(here):
            return f"its {package} is {there or 'missing'}, here it is {here or 'missing'}"
    if facts["code"] != mine["code"]:
        if facts["code"] is None:
            return f"xlingual cannot be imported there ({facts['package']})"
        return (
            f"its xlingual ({facts['package']}) has other code than the one of this command ({mine['package']}): "
            f"{facts['code']}, not {mine['code']}"
        )
    return None


def code_digest(package: Path) -> str:
    """Hash a package's files by their names below it and their content: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.is_file()}
    for name, path in sorted(files.items()):
        if "__pycache__" not in name:
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _code() -> Facts:
    """Which copy of xlingual this process imports; where it cannot, why."""
    try:
        import xlingual

        package = Path(str(xlingual.__file__)).parent
        return {"package": str(package), "code": code_digest(package)}
    except BaseException as error:  # whatever a folder of this name does when it is imported
        return {"package": f"{type(error).__name__}: {error}", "code": None}


def _answer(reference: Any) -> Facts:
    import ray

    try:
        facts: Facts = ray.get(reference)
    except ray.exceptions.RayError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return {"error": lines[-1] if lines else type(error).__name__}
    return facts


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _public(release: str | None) -> str | None:
    """A version without its local part: `2.13.0+cpu` and `2.13.0+cu129` are builds of the same code."""
    return release.partition("+")[0] if release else None
