"""The checks of `xlingual doctor`, in their order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlingual.activity import doing
from xlingual.doctor.accelerators import Gpus, bf16_speedup_here, check_bf16, check_gpus
from xlingual.doctor.finding import Finding
from xlingual.doctor.hub import Hub, check_hub
from xlingual.doctor.machine import Machine, check_cpus, check_memory, check_open_files, check_shared_memory
from xlingual.doctor.ray_here import Cluster, Token, check_cluster, check_temporary_path, check_token
from xlingual.doctor.software import Software, check_packages, check_python
from xlingual.doctor.storage import Storage, check_storage

CLUSTER_FILE = Path("/tmp/ray/ray_current_cluster")
"""Where `ray start` writes the address of this machine's cluster."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user may name.

    Attributes:
        storage: directory or URL of studies.
        address: of a Ray cluster; None for the one that the environment names, if it does.
    """

    storage: str = "xlingual_studies"
    address: str | None = None


def examine(asked: Asked) -> Iterator[Finding]:
    """Look at this machine, one check after the other; what takes longer is told to who listens."""
    with doing("looking at the packages"):
        software = Software.here()
    yield check_python(software)
    yield from check_packages(software)
    with doing("loading PyTorch"):
        machine = Machine.here()
    yield check_cpus(machine)
    with doing("asking for GPUs"):
        gpus = Gpus.here()
    yield check_gpus(gpus)
    with doing("measuring bf16"):
        speedup = None if gpus.by_torch else bf16_speedup_here()
    yield check_bf16(gpus, speedup)
    yield from (check_memory(machine), check_shared_memory(machine), check_open_files(machine))
    yield check_temporary_path(os.environ)
    yield check_token(Token.here())
    yield check_cluster(_cluster(asked.address))
    with doing("asking the hub"):
        hub = Hub.here()
    yield check_hub(hub)
    with doing(f"writing to {asked.storage}"):
        storage = Storage.at(asked.storage)
    yield check_storage(storage)


def _cluster(address: str | None) -> Cluster | None:
    if address is None and not os.environ.get("RAY_ADDRESS") and not CLUSTER_FILE.exists():
        return None
    with doing("asking the Ray cluster"):
        return Cluster.at(address or "auto", is_asked=address is not None)
