"""A training that goes nowhere is noticed, and one that is only slow is left alone."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.training.loop import train_trial
from xlingual.training.watch import Watch
from xlingual.training.worker import SoloWorker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def unexpected(line: str) -> None:
    raise AssertionError(line)


def test_patience_grows_with_the_longest_step() -> None:
    clock = Clock()
    watch = Watch(unexpected, least=1800.0, clock=clock)
    clock.now += 10
    watch.alive("update 1")
    clock.now += 1799
    assert (watch.patience, watch.hung()) == (1800.0, None)
    clock.now += 1
    line = watch.hung()
    assert line == (
        "hung: nothing happened for 30 minutes since update 1 (the longest step before took 10 s); its process is ended"
    )
    watch.alive("update 2")
    assert (watch.patience, watch.hung()) == (20 * 1800.0, None)
    clock.now += 20 * 1800.0 - 1
    assert watch.hung() is None


def test_a_hang_is_told_once_from_another_thread() -> None:
    """The real clock: a hundredth of a second is too long here."""
    told, lines = threading.Event(), list[str]()

    def on_hang(line: str) -> None:
        lines.append(line)
        told.set()

    with Watch(on_hang, least=0.01, look=0.001).watching():
        assert told.wait(60)
    (line,) = lines
    assert "since it began" in line


def test_each_update_and_each_scored_batch_is_a_sign_of_life(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    signs: list[str] = []
    train_trial(
        configure(updates=4, reports=2),
        tiny_inputs,
        Checkpoint.at(tiny_checkpoint),
        TrialDirectory(tmp_path),
        SoloWorker(),
        keep_model=False,
        alive=signs.append,
    )
    scored = "a batch of the development data"
    assert [sign for sign in signs if sign != scored] == ["update 1", "update 2", "update 3", "update 4"]
    for last in ("update 2", "update 4"):
        assert signs[signs.index(last) + 1] == scored
