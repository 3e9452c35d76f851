from __future__ import annotations

import pytest
import torch

from xlingual.speed import peak_memory as memory
from xlingual.speed.peak_memory import PeakMemory, available_memory

MIB = 1 << 20


def test_a_peak_is_what_was_held_at_most():
    peak = PeakMemory(torch.device("cpu"))
    held = torch.ones(64 * MIB // 4)
    assert peak.bytes() >= 60 * MIB
    assert len(held) == 16 * MIB


def test_memory_that_was_given_back_is_forgotten():
    if memory._in_file(memory.PROCESS / "status", "VmHWM") is None:
        pytest.skip("needs a kernel that tells the peak")
    held = bytearray(b"x") * (256 * MIB)  # large enough to be mapped, and returned when freed
    peak = PeakMemory(torch.device("cpu"))
    del held
    peak.forget()
    assert peak.bytes() < 64 * MIB


def test_a_limit_of_the_container_counts(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    monkeypatch.setattr(memory, "CGROUP_LIMIT", limit)
    free = available_memory()
    assert free is None or free > 0
    limit.write_text(f"{memory._resident() + 8 * MIB}\n")
    limited = available_memory()
    assert limited is not None
    assert limited <= 9 * MIB
