"""A cluster file as rules see it: values with their lines, and what they mean together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.here import Here
from xlingual.cluster_file.shell import option
from xlingual.study import Study
from xlingual.study.document import Document, Path, dotted

CLOUDS = ("aws", "gcp")
HEAD_START, WORKER_START = "head_start_ray_commands", "worker_start_ray_commands"
SETUP = ("setup_commands", "head_setup_commands", "worker_setup_commands")
TYPES = "available_node_types"
_DASHBOARD_PORT = 8265
"""Ray's own."""

_MANY = 10**6
"""Workers where the file states their number as something else than a number, which is told already."""

_WITH_GPU = re.compile(r"(p[2-9]|g[3-9](?!ad)|gr[0-9])[a-z0-9-]*\.|(a[2-4]|g[2-4])-")
"""Machines with GPUs of NVIDIA: AWS's, then GCP's."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """One of the node types.

    Attributes:
        name: its key.
        path: of its mapping.
        is_head: whether it is the head's.
        resources: Ray's names; empty where Ray finds them out by itself.
        least: `min_workers`.
        most: `max_workers`, which Ray fills in; for the head's type, of workers besides the head.
        config: `node_config`, as the provider takes it.
        is_filled_in: whether Ray asks the cloud for resources that are not written, GPUs among them.
    """

    name: str
    path: Path
    is_head: bool
    resources: Mapping[str, float]
    least: int
    most: int
    config: Mapping[str, Any]
    is_filled_in: bool

    @property
    def is_known(self) -> bool:
        """Whether its CPUs and GPUs are written down."""
        return "CPU" in self.resources and ("GPU" in self.resources or not (self.is_filled_in and self.has_gpu))

    @property
    def machine(self) -> str:
        """The cloud's name for such a machine; empty when it is not written."""
        found = self.config.get("InstanceType") or self.config.get("machineType")
        return found.rpartition("/")[2] if isinstance(found, str) else ""

    @property
    def has_gpu(self) -> bool:
        """Whether such a machine has a GPU of NVIDIA, by its name."""
        return _WITH_GPU.match(self.machine) is not None or bool(self.config.get("guestAccelerators"))


class ClusterFile:
    """A cluster file, the study that is meant to run there (or None), and this machine.

    Args:
        document: the file.
        value: of the document, without what has the wrong type.
        here: this machine.
        study: the study.
        storage: of `--storage`; None takes the study's own.
    """

    def __init__(
        self,
        document: Document,
        value: dict[str, Any],
        here: Here,
        study: Study | None = None,
        storage: str | None = None,
    ) -> None:
        self._document, self._value = document, value
        self.here, self.study = here, study
        self.storage = storage or (study.storage if study else None)

    def at(self, *path: str | int) -> Any:
        """Return the value at a path; None when it is absent."""
        value: Any = self._value
        for step in path:
            is_there = (
                step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
            )
            if not is_there:
                return None
            value = value[step]
        return value

    def writes(self, *path: str | int) -> bool:
        """Whether the file has the key, be it with a value of the wrong type."""
        return self._document.writes(path)

    def is_empty(self, *path: str | int) -> bool:
        """Whether the file has the key without a value (null)."""
        return self.writes(*path) and self.mapping(*path[:-1]).get(str(path[-1]), "") is None

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """Return the mapping at a path; an empty one where there is none."""
        value = self.at(*path)
        return value if isinstance(value, dict) else {}

    def text(self, *path: str | int) -> str | None:
        """Return the text at a path; None where there is none."""
        value = self.at(*path)
        return value if isinstance(value, str) else None

    def number(self, *path: str | int) -> float | None:
        """Return the number at a path; None where there is none."""
        value = self.at(*path)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def whole(self, *path: str | int, default: int) -> int:
        """Return the whole number at a path; the default where there is none."""
        number = self.number(*path)
        return default if number is None else int(number)

    def texts(self, *path: str | int) -> Iterator[tuple[Path, str]]:
        """Yield the texts of a list, each with its path."""
        value = self.at(*path)
        for position, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, str):
                yield (*path, position), item

    def finding(self, path: Path, found: str, write: str) -> Finding:
        """Return a finding at a path, or at what encloses it when the path is not written."""
        return Finding(self._document.line_of(path).line, dotted(path), found, write)

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.text("cluster_name") or ""

    @property
    def dashboard_port(self) -> int:
        """The head's port for the dashboard and for jobs."""
        found = [option(command, "--dashboard-port") for _, command in self.starts(HEAD_START)]
        return next((int(port) for port in found if port and port.isdecimal()), _DASHBOARD_PORT)

    @property
    def provider(self) -> str:
        """The provider's type, such as aws."""
        return self.text("provider", "type") or ""

    @property
    def is_local(self) -> bool:
        """Whether the nodes are hosts of one's own."""
        return self.provider == "local"

    @property
    def uses_docker(self) -> bool:
        """Whether the commands run in containers."""
        return bool(self.mapping("docker"))

    @property
    def most_workers(self) -> int:
        """How many workers there may be, over all types."""
        if self.is_local:
            hosts = self.at("provider", "worker_ips")
            found = len(hosts) if isinstance(hosts, list) else self.whole("max_workers", default=0)
            return min(found, self.whole("max_workers", default=found))
        return self.whole("max_workers", default=_MANY if self.writes("max_workers") else 2)  # Ray's default

    @cached_property
    def node_types(self) -> tuple[NodeType, ...]:
        """The node types; with the provider local there are none."""
        types, head = self.mapping(TYPES), self.text("head_node_type")
        return tuple(self._node_type(name, name == head) for name in types if not self.is_local)

    @property
    def head(self) -> NodeType | None:
        """The head's type; None when it is missing."""
        return next((each for each in self.node_types if each.is_head), None)

    @property
    def workers(self) -> tuple[NodeType, ...]:
        """The types of workers."""
        return tuple(each for each in self.node_types if not each.is_head)

    def starts(self, key: str) -> Iterator[tuple[Path, str]]:
        """Yield the commands of a list that run `ray start`."""
        return ((path, command) for path, command in self.texts(key) if "ray start" in command)

    def set_up(self) -> Iterator[tuple[Path, str]]:
        """Yield the set-up commands of all nodes."""
        for key in SETUP:
            yield from self.texts(key)
        for name in self.mapping(TYPES):
            yield from self.texts(TYPES, name, "worker_setup_commands")

    def hosts(self) -> tuple[dict[str, float], dict[str, float]] | None:
        """Return what the head and a worker have with the provider local; None where Ray finds it out by itself."""
        found = [_stated(command) for key in (HEAD_START, WORKER_START) for _, command in self.starts(key)]
        if len(found) != 2 or found[0] is None or found[1] is None:
            return None
        return found[0], found[1]

    def _node_type(self, name: str, is_head: bool) -> NodeType:
        path: Path = (TYPES, name)
        resources = {key: float(amount) for key, amount in self.mapping(*path, "resources").items() if _counts(amount)}
        least = self.whole(*path, "min_workers", default=0)
        most = self.whole(*path, "max_workers", default=0 if is_head else self.most_workers)
        config = self.mapping(*path, "node_config")
        return NodeType(name, path, is_head, resources, least, most, config, self.provider == "aws")


def _counts(amount: Any) -> bool:
    return isinstance(amount, int | float) and not isinstance(amount, bool)


def _stated(command: str) -> dict[str, float] | None:
    """Resources that `ray start` is told; None unless it is told both CPUs and GPUs."""
    told = {"CPU": option(command, "--num-cpus"), "GPU": option(command, "--num-gpus")}
    if any(amount is None or not amount.isdecimal() for amount in told.values()):
        return None
    return {name: float(amount) for name, amount in told.items() if amount is not None}
