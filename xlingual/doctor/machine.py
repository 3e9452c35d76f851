"""Processors, memory, shared memory and open files of this machine, or of the container that this process is in."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding

GIB = 1 << 30

LITTLE_MEMORY, TOO_LITTLE_MEMORY = 6 * GIB, 2 * GIB
"""A base-size encoder with its gradients and AdamW's state takes 16 bytes a weight, 4.5 GB of 278 million weights; a
process of Ray that has imported PyTorch takes 0.5 GB."""

OBJECT_STORE, MOST_OBJECT_STORE = 0.3, 200e9
"""Share of the memory that Ray's object store takes, and the most bytes: in shared memory if that has them, else in
slow files."""

FEW_FILES = 4096
"""Below this Ray itself warns; it raises the limit as far as this user may."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts of a machine; sizes in bytes, None where they are not known.

    Attributes:
        cpus: that Ray counts.
        usable_cpus: that this process may run on.
        memory: that can still be taken.
        shared: free shared memory.
        files: the most files that a process of this user may open.
    """

    cpus: int
    usable_cpus: int
    memory: int | None
    shared: int | None
    files: int

    @classmethod
    def here(cls) -> Machine:
        """Look at this machine."""
        from xlingual.speed.peak_memory import available_memory

        cpus = os.cpu_count() or 1
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cpus
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        files = 1 << 20 if hard == resource.RLIM_INFINITY else hard
        return cls(cpus, usable, available_memory(), _shared_memory(Path("/dev/shm")), files)


def check_cpus(machine: Machine) -> Finding:
    """See whether Ray would start more processes than there are processors for them."""
    if machine.usable_cpus < machine.cpus:
        found = f"{machine.cpus}, of which this process may use {machine.usable_cpus}"
        write = f"write scaling.concurrent_trials: {machine.usable_cpus} in studies with one CPU per trial"
        return Finding("CPUs", WARNING, found, write)
    return Finding("CPUs", OK, str(machine.cpus))


def check_memory(machine: Machine) -> Finding:
    """See whether a model of base size can be trained."""
    if machine.memory is None:
        return Finding("memory", WARNING, "this system does not say how much is free", "see that 6 GiB are")
    found = f"{machine.memory / GIB:.1f} GiB free"
    if machine.memory < TOO_LITTLE_MEMORY:
        return Finding(
            "memory", PROBLEM, found, "Ray and one small model take 2 GiB; free some, or use another machine"
        )
    if machine.memory < LITTLE_MEMORY:
        write = "take a small model (intfloat/multilingual-e5-small) and scaling.concurrent_trials: 1"
        return Finding("memory", WARNING, f"{found}, and a base-size model takes about 6 GiB to train", write)
    return Finding("memory", OK, found)


def check_shared_memory(machine: Machine) -> Finding:
    """See whether Ray's object store, which has the inputs of the trials, fits shared memory."""
    name = "/dev/shm"
    if machine.shared is None:
        return Finding(name, OK, "not there on this system; Ray uses files")
    found, wanted = f"{machine.shared / GIB:.1f} GiB free", min(OBJECT_STORE * (machine.memory or 0), MOST_OBJECT_STORE)
    if machine.shared < wanted:
        write = f"make it {wanted / GIB:.1f} GiB (`docker run --shm-size={wanted / GIB:.0f}g`), or trials start slower"
        return Finding(name, WARNING, f"{found}, less than Ray's object store takes", write)
    return Finding(name, OK, found)


def check_open_files(machine: Machine) -> Finding:
    """See whether Ray may open as many files and sockets as it needs."""
    if machine.files < FEW_FILES:
        write = "raise the limit (`ulimit -Hn 65536` as root, or LimitNOFILE of the service)"
        return Finding("open files", WARNING, f"{machine.files} at most, and Ray wants 8192", write)
    return Finding("open files", OK, f"{machine.files} at most")


def _shared_memory(place: Path) -> int | None:
    if not place.is_dir():
        return None
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
