"""How much memory a piece of work took at most, and how much there is."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from pathlib import Path

import torch

from xlingual.training.freed_memory import release_free_memory

PROCESS = Path("/proc/self")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


class PeakMemory:
    """The most memory that was held since it was made, above what was held then, in bytes.

    On a GPU that of its tensors. On a CPU the resident memory of the process; where the kernel cannot forget an earlier
    peak, a peak of earlier work may hide this one's.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        release_free_memory()
        self._before = torch.cuda.memory_allocated(device) if device.type == "cuda" else _resident()
        self.forget()

    def forget(self) -> None:
        """Restart the measurement."""
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
            return
        with contextlib.suppress(OSError):
            (PROCESS / "clear_refs").write_text("5")  # the peak of resident memory, see proc(5)

    def bytes(self) -> int:
        """Return the peak since the last `forget`."""
        peak = torch.cuda.max_memory_allocated(self._device) if self._device.type == "cuda" else _most_resident()
        return max(0, int(peak) - self._before)


def available_memory() -> int | None:
    """Bytes that this machine or container could still give to this process; None if unknown."""
    found = []
    if "SC_AVPHYS_PAGES" in os.sysconf_names:
        found.append(_in_file(Path("/proc/meminfo"), "MemAvailable") or _pages("SC_AVPHYS_PAGES"))
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit
        found.append(int(CGROUP_LIMIT.read_text()) - _resident())
    return max(0, min(found)) if found else None


def _resident() -> int:
    return _in_file(PROCESS / "status", "VmRSS") or _most_resident()


def _most_resident() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return _in_file(PROCESS / "status", "VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _pages(name: str) -> int:
    return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")


def _in_file(path: Path, name: str) -> int | None:
    """Read a line such as `VmRSS:  1234 kB`, in bytes; None when there is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
