"""A lock in an object store has one holder, outlives a dead one by a stated time, and stops one that was cut off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore
from s3_server import BUCKET, S3Server

from xlingual.errors import RecordLocked, StorageError
from xlingual.records import journal
from xlingual.records.attached import attach, detach, mirrored
from xlingual.records.files import write_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.lease import Holder, lease
from xlingual.records.lock import hold, is_held
from xlingual.records.mirror import Mirror
from xlingual.records.remote import Listed, Remote
from xlingual.records.remote_lock import SILENCE, HeldLock, held_remotely, is_held_remotely

URL = "s3://bucket/storage/study"


class Waiting:
    """A clock that advances by a second per wait and then calls `then`."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.now, self._then = 0.0, then

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += 1.0
        self._then()


class Machine:
    """One machine: its folder, and the store as it sees it."""

    def __init__(self, root: Path, memory: MemoryStore) -> None:
        self.study = StudyDirectory(attach(URL, root, Remote(URL, memory)))
        found = mirrored(self.study.path)
        assert found is not None
        self.mirror: Mirror = found[0]

    def take(self, token: str, *, waiting: Waiting | None = None, **more: Any) -> Any:
        """Take the driver's lock in the store."""
        wait = waiting or Waiting()
        return held_remotely(self.study.lock, token, beat=1e6, clock=wait.clock, pause=wait.pause, **more)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines with one store."""
    memory = MemoryStore()
    found = Machine(tmp_path / "one" / "study", memory), Machine(tmp_path / "two" / "study", memory)
    yield found
    for machine in found:
        detach(machine.study.path)


def _record(machine: Machine) -> dict[str, Any]:
    found = machine.mirror.remote.get("driver.lock")
    assert found is not None
    content: dict[str, Any] = json.loads(found[0])
    return content


def test_a_lock_that_was_given_back_is_free_at_once(machines: tuple[Machine, Machine]) -> None:
    for number, machine in enumerate(machines):
        waiting = Waiting()
        with machine.take(f"t{number}", waiting=waiting):
            assert _record(machine)["token"] == f"t{number}"
        assert (waiting.now, _record(machine)["free"]) == (0.0, True)


def test_a_holder_that_gives_signs_is_waited_for_and_then_named(
    machines: tuple[Machine, Machine], by_letter: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getpid", lambda: 7)
    monkeypatch.setattr("socket.gethostname", lambda: "node-1")
    one, two = machines
    for patience, waited in (0.0, 1.0), (30.0, 30.0):
        with one.take("t1") as held, ExitStack() as stack:
            waiting = Waiting(held.renew)
            with pytest.raises(RecordLocked) as told:
                stack.enter_context(two.take("t2", waiting=waiting, patience=patience))
            assert waiting.now == waited
            by_letter(str(told.value))


def test_a_dead_machines_lock_is_free_after_the_stated_time_and_no_sooner(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    waiting = Waiting()
    with one.take("t1") as dead, two.take("t2", waiting=waiting):
        assert waiting.now == SILENCE
        assert _record(two)["token"] == "t2"
        with pytest.raises(RecordLocked, match="another process took over while this one could not be reached"):
            dead.renew()
    assert _record(two)["token"] == "t2", "the dead one gave back what is not its own"


def test_a_machine_that_died_long_ago_is_not_waited_for(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store tells when it gave its last sign."""
    one, two = machines
    head, waiting = two.mirror.remote.head, Waiting()

    def long_ago(key: str) -> Listed | None:
        found = head(key)
        return replace(found, written=found.written - SILENCE + 10) if found and key == "driver.lock" else found

    monkeypatch.setattr(two.mirror.remote, "head", long_ago)
    with one.take("t1"), two.take("t2", waiting=waiting):
        assert 9 <= waiting.now <= 10
    assert {each.key for each in two.mirror.remote.list()} == {"driver.lock"}


def test_a_machine_that_left_the_cluster_is_not_waited_for(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    waiting = Waiting()
    with one.take("t1", node="n1"), two.take("t2", waiting=waiting, is_gone=lambda node: node == "n1"):
        assert waiting.now == 0.0


def test_a_killed_process_of_the_same_machine_is_not_waited_for(machines: tuple[Machine, Machine]) -> None:
    """Whoever asks holds the local lock, so that the other one is dead."""
    one, _ = machines
    waiting = Waiting()
    with one.take("t1"), one.take("t2", waiting=waiting):
        assert waiting.now == 0.0
        assert _record(one)["token"] == "t2"


def test_of_several_that_ask_for_a_free_lock_one_gets_it(tmp_path: Path) -> None:
    memory = MemoryStore()
    machines = [Machine(tmp_path / str(number) / "study", memory) for number in range(5)]
    with machines[0].take("t"):
        pass
    others_wait = threading.Barrier(5)

    class Waited(Exception):
        pass

    def wait() -> None:
        raise Waited

    def take(machine: Machine) -> int:
        with suppress(Waited), machine.take(str(machine.study.path), waiting=Waiting(wait)):
            others_wait.wait()
            return 1
        others_wait.wait()
        return 0

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(take, machines)) == 1
    for machine in machines:
        detach(machine.study.path)


def test_one_that_was_taken_over_from_cannot_write(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    with one.take("t1") as late, two.take("t2", waiting=Waiting()):
        write_json(two.study.study_json, {"by": "two"})
        late._renewed -= SILENCE  # it was suspended
        with pytest.raises(RecordLocked, match="another process took over"):
            write_json(one.study.study_json, {"by": "one"})
        with pytest.raises(RecordLocked, match="another process took over"):
            journal.append(one.study.journal, {"event": 1})
    assert {each.key for each in two.mirror.remote.list()} == {"driver.lock", "study.json"}
    assert json.loads((two.mirror.remote.get("study.json") or (b"", None))[0]) == {"by": "two"}


def test_a_trials_lease_is_asked_for_before_each_write(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    paths = [machine.study.trial("f1").lock for machine in machines]
    gone = Holder("n2", lambda node: node == "n1")
    with lease(paths[0], Holder("n1")) as late:
        with late.writing():
            journal.append(one.study.trial("f1").reports, {"updates": 1})
        with lease(paths[1], gone) as held:
            assert journal.read(two.study.trial("f1").reports) == [{"updates": 1}]  # brought up to date
            with pytest.raises(RecordLocked, match="another process took over"), late.writing():
                pass
            with held.writing():
                journal.append(two.study.trial("f1").reports, {"updates": 2})
    assert journal.read(two.study.trial("f1").reports) == [{"updates": 1}, {"updates": 2}]


def test_a_store_that_was_away_does_not_take_a_lock_away(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = machines

    def away(*_: Any) -> None:
        raise StorageError("away")

    with one.take("t1") as held:
        with monkeypatch.context() as patched, pytest.raises(StorageError):
            patched.setattr(one.mirror.remote, "replace", away)
            held.renew()
        held.renew()
        assert _record(one)["beat"] == 1


def test_a_sign_whose_answer_was_lost_is_the_holders_own(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Remote.at(f"s3://{BUCKET}/lost", 5.0)
    first = remote.put("lock", json.dumps({"token": "t", "beat": 0}).encode())
    held = HeldLock(remote, "lock", {"token": "t", "beat": 0}, first)
    with s3.fault("PUT", "/lost/lock", "lost"), pytest.raises(StorageError):
        held.renew()
    held.renew()
    found = remote.get("lock")
    assert found is not None
    assert json.loads(found[0])["beat"] >= 1


def test_the_drivers_lock_is_held_on_the_machine_and_in_the_store(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert not is_held(two.study.lock)
    with hold(one.study.lock):
        with pytest.raises(RecordLocked, match="another process writes here"), hold(one.study.lock):
            pass
        assert is_held(one.study.lock)
        assert is_held(two.study.lock)
    assert not is_held(two.study.lock)


@pytest.mark.parametrize("ahead", [0.0, 3600.0, -3600.0])
def test_whether_a_lock_is_shown_as_held_depends_on_its_signs_and_not_on_the_clocks(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    one, two = machines
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + ahead)
    waiting = Waiting()
    with one.take("t1") as held:
        first = is_held_remotely(two.study.lock, waiting.clock)
        assert first == (ahead <= 0), "at the first look there are only the clocks"
        waiting.now += 20.0
        held.renew()
        assert is_held_remotely(two.study.lock, waiting.clock)
        waiting.now += SILENCE
        assert is_held_remotely(two.study.lock, waiting.clock)
        waiting.now += 1.0
        assert not is_held_remotely(two.study.lock, waiting.clock)
        held.renew()
        assert is_held_remotely(two.study.lock, waiting.clock)
    assert not is_held_remotely(two.study.lock, waiting.clock)
