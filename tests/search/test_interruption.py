"""Ctrl-C: the first one drains, the second one stops at once; nothing that was recorded is lost or told wrongly."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from made_up_trials import Faults, MadeUpTrainer

from xlingual.errors import StageError
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.search.driver import go_through
from xlingual.search.failures import PLACE, Failure
from xlingual.search.interruption import SCORING, TRAINING, Interruption, heeded
from xlingual.search.queue import ReplicateSource, TrialQueue
from xlingual.search.recording_callback import RecordingCallback

CONFIGURATION = {"training": {"updates": 8, "learning_rate": 1e-3}}


class Told:
    """Takes lines from another thread."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.event = threading.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self.event.set()


class Silent:
    """A listener that ignores everything."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


@pytest.fixture(autouse=True)
def ctrl_c_is_not_ignored() -> Iterator[None]:
    """As it is for what a shell starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("line", [TRAINING, SCORING])
def test_the_first_ctrl_c_is_told_and_the_second_one_stops(line: str, by_letter: Any) -> None:
    told = Told()
    before = signal.getsignal(signal.SIGINT)
    with heeded(told) as interruption, interruption.drained(line):
        press_ctrl_c()
        assert told.event.wait(30) and told.lines == [line]
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
    assert signal.getsignal(signal.SIGINT) is before
    by_letter(line, "training" if line == TRAINING else "scoring")


def test_where_there_is_nothing_to_wait_for_the_first_one_stops() -> None:
    told = Told()
    with heeded(told) as interruption:
        with interruption.drained(TRAINING):
            pass
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
    assert not interruption.asked and told.lines == []


def test_an_answer_of_the_program_itself_stays() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with heeded(lambda line: None) as interruption, interruption.drained(TRAINING):
            press_ctrl_c()
            assert heard == [1] and not interruption.asked
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_answers_no_signals() -> None:
    found = []

    def run() -> None:
        with heeded(lambda line: None):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]


class Replicates:
    """Three replicates, one at a time, of 8 updates in two reports."""

    def __init__(self, path: Path) -> None:
        self.directory, self.interruption = StudyDirectory(path), Interruption()
        self.recorder = RecordingCallback(self.directory, Silent(), kind="replicate")  # type: ignore[arg-type]
        items = [
            {"arm": "a", "seed": seed, "chosen": "c", "fingerprint": f"f{seed}", "configuration": CONFIGURATION}
            for seed in (1, 2, 3)
        ]
        self.queue = TrialQueue(
            ReplicateSource(items), self.recorder, concurrent=1, full_budget=8, interruption=self.interruption
        )

    def report(self, item: Any, updates: int) -> bool:
        return self.queue.reported(
            item, {"updates": updates, "total_updates": 8, "objective": 50.0, "share": updates / 8}
        )

    def events(self) -> list[tuple[str, int]]:
        return [(event["event"], event["seed"]) for event in journal.read(self.directory.journal)]


def test_a_trial_ends_at_its_next_report_and_is_not_recorded_as_ended(tmp_path: Path) -> None:
    replicates = Replicates(tmp_path)
    queue, item = replicates.queue, replicates.queue.next()
    replicates.interruption.asked = True
    assert not replicates.report(item, 4)
    queue.returned(item)
    assert queue.next() is None and queue.drained and queue.done
    assert replicates.events() == [("replicate_started", 1)]
    with pytest.raises(KeyboardInterrupt):
        queue.check_ended("replicate")


def test_a_trial_at_its_last_report_is_finished_all_the_same(tmp_path: Path) -> None:
    replicates = Replicates(tmp_path)
    queue, item = replicates.queue, replicates.queue.next()
    assert replicates.report(item, 4)
    replicates.interruption.asked = True
    assert replicates.report(item, 8)
    queue.returned(item)
    assert replicates.events() == [("replicate_started", 1), ("replicate_ended", 1)]
    with pytest.raises(KeyboardInterrupt):  # two are left
        queue.check_ended("replicate")


def test_a_stage_whose_trials_all_ended_meanwhile_ends(tmp_path: Path) -> None:
    replicates = Replicates(tmp_path)
    MadeUpTrainer(Faults(Random(0)))(replicates.queue, None, concurrent=1, driver={})
    replicates.interruption.asked = True
    replicates.queue.check_ended("replicate")
    assert [event for event, _ in replicates.events()].count("replicate_ended") == 3


def test_a_failure_while_it_drains_is_left_to_the_next_command(tmp_path: Path) -> None:
    replicates = Replicates(tmp_path)
    queue, item = replicates.queue, replicates.queue.next()
    replicates.interruption.asked = True
    queue.failed(item, Failure(PLACE, "the node is gone"))
    assert queue.done and queue.next() is None
    with pytest.raises(KeyboardInterrupt):
        queue.check_ended("replicate")


def test_a_report_is_waited_for_until_its_checkpoint_is_written(tmp_path: Path) -> None:
    """A checkpoint is written beside the training; the driver would end the process in its midst."""
    replicates = Replicates(tmp_path)
    trial = replicates.directory.trial("f1")
    trial.path.mkdir(parents=True)
    trial.checkpoint.touch()
    os.utime(trial.checkpoint, ns=(0, 0))
    trial.reports.write_text("{}\n")
    replicates.recorder.wait_until_saved({"fingerprint": "f1"}, patience=0.0)  # not for ever

    ended = threading.Event()

    def wait() -> None:
        replicates.recorder.wait_until_saved({"fingerprint": "f1"}, patience=60.0)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not ended.is_set()
    trial.checkpoint.touch()
    assert ended.wait(30)
    thread.join()


def test_no_stage_begins_after_ctrl_c() -> None:
    begun = []

    class Context:
        interruption = Interruption()

    Context.interruption.asked = True
    with pytest.raises(KeyboardInterrupt):
        go_through(Context(), ["search"], {"search": begun.append})  # type: ignore[arg-type, dict-item]
    assert begun == []


def test_what_is_to_be_mended_is_told_where_nobody_asked_for_an_end(tmp_path: Path) -> None:
    replicates = Replicates(tmp_path)
    replicates.queue._set_aside.append("a/1: no memory")
    with pytest.raises(StageError, match="no memory"):
        replicates.queue.check_ended("replicate")
