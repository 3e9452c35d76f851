"""A lease is free when its holder is dead, taken over when the holder's machine is gone, and has a single writer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from xlingual.errors import RecordLocked
from xlingual.records.lease import Holder, Lease, lease

HOLD_FOR_EVER = """
import sys
from pathlib import Path
from xlingual.records.lease import Holder, lease
with lease(Path(sys.argv[1]), Holder("node-1")):
    print("held", flush=True)
    sys.stdin.read()
"""


class Waiting:
    """A clock that advances by a second per wait and then calls `then`."""

    def __init__(self, then: object = None) -> None:
        self.now, self._then = 0.0, then

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += 1.0
        if callable(self._then):
            self._then()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trial" / "training.lock"


@pytest.fixture
def cut_off(path: Path) -> Iterator[Lease]:
    """A lease whose holder continues on an unreachable machine."""
    with lease(path, Holder("node-1"), beat=1e6) as held:
        yield held


def test_a_lease_is_free_when_its_holder_left(path: Path) -> None:
    tokens = []
    for _ in range(2):
        with lease(path, patience=0.0) as held, held.writing():
            tokens.append(held.token)
    assert len(set(tokens)) == 2


def test_a_lease_is_free_at_once_when_its_holders_process_was_killed(path: Path) -> None:
    command = [sys.executable, "-c", HOLD_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(RecordLocked, match=rf"process {process.pid} on "), lease(path, patience=0.0):
            pass
        process.kill()
        process.wait()
    waiting = Waiting()
    with lease(path, clock=waiting.clock, pause=waiting.pause) as held, held.writing():
        assert waiting.now == 0.0


def test_a_holder_that_is_alive_is_waited_for_and_then_named(path: Path, cut_off: Lease) -> None:
    waiting = Waiting(then=lambda: os.utime(path, ns=(0, int(waiting.now * 1e9))))  # its heartbeat
    with (
        pytest.raises(RecordLocked, match=rf"another process writes here \(process {os.getpid()} on "),
        lease(path, Holder("node-2"), clock=waiting.clock, pause=waiting.pause, patience=90.0, silence=60.0),
    ):
        pass
    assert waiting.now == 90.0
    with cut_off.writing():
        pass


def test_a_lease_is_taken_over_at_once_from_a_machine_that_left_the_cluster(path: Path, cut_off: Lease) -> None:
    waiting = Waiting()
    with lease(path, Holder("node-2", lambda node: node == "node-1"), clock=waiting.clock, pause=waiting.pause) as mine:
        assert waiting.now == 0.0
        with pytest.raises(RecordLocked, match="took over while this one could not be reached"), cut_off.writing():
            raise AssertionError("two processes write")
        with mine.writing():
            assert json.loads(path.read_text())["node"] == "node-2"


def test_a_lease_is_taken_over_from_a_holder_without_heartbeat(path: Path, cut_off: Lease) -> None:
    waiting = Waiting()
    with lease(path, clock=waiting.clock, pause=waiting.pause, patience=90.0, silence=60.0) as mine:
        assert waiting.now == 60.0
        with mine.writing():
            pass
        with pytest.raises(RecordLocked), cut_off.writing():
            raise AssertionError("two processes write")


def test_a_holder_that_comes_back_does_not_take_what_was_taken_from_it(path: Path, cut_off: Lease) -> None:
    with lease(path, Holder("node-2", lambda node: node == "node-1")):
        with pytest.raises(RecordLocked), cut_off.writing():
            raise AssertionError("two processes write")
        with pytest.raises(RecordLocked), lease(path, Holder("node-1"), patience=0.0):
            pass
    with lease(path, Holder("node-1"), patience=0.0) as again, again.writing():
        pass


def test_a_holder_whose_storage_went_away_writes_nothing(path: Path, cut_off: Lease) -> None:
    path.unlink()
    with pytest.raises(RecordLocked, match="is gone; this process stops"), cut_off.writing():
        raise AssertionError("written beside the records")


def test_of_many_that_take_over_one_writes_at_a_time(path: Path, cut_off: Lease) -> None:
    """Each process increments a number; with two writers at a time, some increments would be lost."""
    count = path.with_name("count")
    count.write_text("0")

    def add(number: int) -> None:
        holder = Holder(f"taker-{number}", lambda node: node == "node-1")
        with lease(path, holder, pause=lambda seconds: None) as held, held.writing():
            count.write_text(str(int(count.read_text()) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    assert count.read_text() == "12"


def test_nothing_is_taken_over_while_its_holder_writes(
    path: Path, cut_off: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlingual.records.lease.GUARD_PATIENCE", 0.0)
    gone = Holder("node-2", lambda node: True)
    with cut_off.writing(), pytest.raises(RecordLocked), lease(path, gone):
        raise AssertionError("taken over in the middle of a write")
    with ExitStack() as stack, suppress(RecordLocked):
        stack.enter_context(lease(path, gone))
        stack.enter_context(cut_off.writing())
        raise AssertionError("two processes write")


def test_a_heartbeat_shows_that_a_holder_is_alive(path: Path) -> None:
    with lease(path, beat=0.001):
        before, deadline = path.stat().st_mtime_ns, 10_000_000
        while path.stat().st_mtime_ns == before and (deadline := deadline - 1):
            pass
        assert path.stat().st_mtime_ns > before
