"""A tracker is sent each thing once, whatever interrupts the sending."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from list_tracker import KIND, STORES, Store
from tracked_study import finished, tracked_study

from xlingual.errors import RecordLocked
from xlingual.study.trackers import TrackerSettings
from xlingual.trackers.run import Sent
from xlingual.trackers.run_reader import RunReader
from xlingual.trackers.synchroniser import opened


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Any:
    return tracked_study(studies, tmp_path)


@pytest.fixture
def store() -> Iterator[Store]:
    STORES["here"] = Store()
    yield STORES["here"]
    del STORES["here"]


def send(study: Any, times: int = 1) -> Sent:
    with opened(KIND, TrackerSettings(at="here"), RunReader(study.directory), "small") as synchroniser:
        sent = [synchroniser.sync() for _ in range(times)]
    return sent[-1]


def test_each_step_of_a_study_adds_what_is_new(study: Any, store: Store) -> None:
    study.searching()
    assert send(study) == Sent(sent=3, waiting=1)
    assert send(study) == send(study, times=2) == Sent(known=3, waiting=1)
    study.searched()
    assert send(study) == Sent(sent=3, known=2, waiting=1)  # baseline/0 and the two that were chosen
    study.trained_again()
    study.tested()
    assert send(study) == Sent(sent=3, known=5)
    assert store.of("baseline/0") == {
        "100": {"objective": 30.0, "loss": 70.0, "seconds": 0.25},
        "500": {"objective": 50.0, "loss": 50.0, "seconds": 0.25},
        "state": {"state": "finished", "reason": None},
    }
    assert store.of("webfaq/0")["state"] == {"state": "pruned", "reason": "below the median"}


def test_a_round_that_is_cut_off_anywhere_leaves_no_gap_and_no_double(study: Any, store: Store) -> None:
    finished(study)
    send(study)
    whole = list(store.added)
    assert len(whole) == len({(run, key) for run, key, _ in whole}) > 15
    for left in range(len(whole)):
        store.added.clear()
        store.digests.clear()
        store.left = left
        with pytest.raises(ConnectionError):
            send(study)
        assert store.added == whole[:left]
        store.left = None
        send(study)
        assert store.added == whole


def test_two_processes_do_not_send_the_same_at_once(study: Any, store: Store) -> None:
    study.searching()
    reader = RunReader(study.directory)
    with opened(KIND, TrackerSettings(at="here"), reader, "small"), pytest.raises(RecordLocked, match="tracker-list"):
        send(study)
    assert send(study).sent == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_records_that_cannot_be_written_to_are_sent(study: Any, store: Store) -> None:
    study.searching()
    study.directory.path.chmod(0o555)
    try:
        assert send(study).sent == 3
    finally:
        study.directory.path.chmod(0o755)
