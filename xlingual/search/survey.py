"""A look at the nodes of the connected cluster: what each has, and why one cannot take part."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.records.attached import url_of
from xlingual.search.model_probe import models_of_node
from xlingual.search.node_probe import ask_nodes, difference
from xlingual.search.object_probe import ObjectProbe
from xlingual.search.own_node import PATIENCE, Expected
from xlingual.search.placement import Demand, Resources, slots
from xlingual.search.storage_probe import StorageProbe

SECONDS_TO_ANSWER = 60.0
"""For a node to be asked again after something failed."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster.

    Attributes:
        key: its id.
        name: address and host name, for people.
        resources: Ray's names (`CPU`, `GPU`).
        fault: why it cannot do its part; None when it can.
    """

    key: str
    name: str
    resources: Resources
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at nodes found; `storage`: why the driver itself cannot write, or None."""

    nodes: tuple[Node, ...]
    storage: str | None = None


class ClusterSurvey:
    """Asks nodes for their code and versions, whether they see and can write a study, and for their copy of its models.

    Nodes that are new have long to get a model. In a look after a failure, no answer in time is not a fault: the node
    may be busy, or still downloading.

    Args:
        expected: what they have in common with the driver.
        demand: of one trial; nodes on which no worker fits need no models.
    """

    def __init__(self, expected: Expected, demand: Demand) -> None:
        self._expected, self._demand = expected, demand
        self._have_models: set[str] = set()

    def __call__(self, study: Path, keys: Collection[str] | None = None) -> Survey:
        """Look at nodes.

        Args:
            study: its directory.
            keys: ids of the nodes; None for all.
        """
        alive = [node for node in _alive() if keys is None or node["NodeID"] in keys]
        url = url_of(study)
        probe = ObjectProbe(url, study) if url else StorageProbe(study)
        with probe.open() as fault:
            if fault is not None:
                return Survey((), f"{probe.place} {fault.replace(' there', '')}")
            facts = ask_nodes(alive, SECONDS_TO_ANSWER)
            answers = ask_nodes(alive, SECONDS_TO_ANSWER, *probe.question)
            faults = {
                key: difference(each, self._expected.facts)
                or silence(answers[key])
                or probe.difference(key, answers[key])
                for key, each in facts.items()
            }
        sound = [node for node in alive if not faults[node["NodeID"]]]
        faults |= self._models(sound, is_patient=keys is not None or not self._have_models)
        there = {node["NodeID"] for node in _alive()}
        faults |= {key: "it is gone" for key, fault in faults.items() if fault and key not in there}
        return Survey(tuple(_node(node, faults[node["NodeID"]]) for node in alive))

    def _models(self, nodes: Sequence[Mapping[str, Any]], *, is_patient: bool) -> dict[str, str | None]:
        """What is wrong with the models of nodes that are sound otherwise, by id."""
        training = [node for node in nodes if slots([node["Resources"]], self._demand)]
        if not self._expected.models:
            return {}
        seconds = PATIENCE if is_patient else SECONDS_TO_ANSWER
        found = ask_nodes(training, seconds, models_of_node, self._expected)
        self._have_models |= {key for key, answer in found.items() if answer is None}
        return {key: silence(answer) or answer for key, answer in found.items() if is_patient or not silence(answer)}


def silence(answer: Any) -> str | None:
    """Why a node gave no answer; None when it did."""
    return f"it cannot run a process ({answer['error']})" if isinstance(answer, dict) else None


def _alive() -> list[dict[str, Any]]:
    import ray

    return [node for node in ray.nodes() if node["Alive"]]


def _node(node: Mapping[str, Any], fault: str | None) -> Node:
    host = node.get("NodeManagerHostname")
    name = f"{node['NodeManagerAddress']}{f' ({host})' if host else ''}"
    return Node(node["NodeID"], name, node["Resources"], fault)
