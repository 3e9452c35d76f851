"""A process that is about to be ended saves what it has, and the trial goes on from there with the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gloo_worker import TwoWorkers
from robust_families import Family
from robust_variants import PERTURBING

from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.training import lookout
from xlingual.training.lookout import Lookout
from xlingual.training.loop import train_trial
from xlingual.training.worker import Report, SoloWorker


class Killed(Exception):
    pass


class Node:
    """A node that is told to leave after an update, and ended after another."""

    def __init__(self, told: int, ended: int) -> None:
        self.told, self.ended, self.updates = told, ended, 0

    def alive(self, doing: str) -> None:
        if doing.startswith("update "):
            self.updates = int(doing.removeprefix("update "))
            if self.updates == self.ended:
                raise Killed

    def leaves(self) -> bool:
        return self.updates >= self.told


@pytest.fixture
def every_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates take far less than the seconds between two looks."""
    monkeypatch.setattr(lookout, "SECONDS", 0.0)


def numbers(reports: list[Report]) -> list[Report]:
    return [{name: value for name, value in report.items() if name != "seconds"} for report in reports]


def cut(path: Path, inputs: TrialInputs, checkpoint: Checkpoint, configuration: Any, node: Node) -> None:
    with pytest.raises(Killed):
        train_trial(
            configuration,
            inputs,
            checkpoint,
            TrialDirectory(path),
            SoloWorker(),
            keep_model=False,
            alive=node.alive,
            leaves=node.leaves,
        )


@pytest.mark.parametrize(("name", "method", "recipe"), [("encoder", "consistency", "contrastive")])
def test_what_was_summed_up_since_the_last_report_is_kept(
    name: str, method: str, recipe: str, family_named: Callable[[str], Family], tmp_path: Path, every_update: None
) -> None:
    """Told after update 3 of 8, ended after 4, which no report saw: losses by objective, padding and perturbation."""
    family = family_named(name)
    configuration = family.configuration(PERTURBING[method], recipe=recipe, updates=8, reports=2)
    cut(tmp_path / "cut", family.inputs, family.resolved, configuration, Node(told=3, ended=4))
    assert journal.read(TrialDirectory(tmp_path / "cut").reports) == []
    rest, whole = family.train(configuration, tmp_path / "cut"), family.train(configuration, tmp_path / "whole")
    assert rest == whole
    assert whole[0]["perturbation"] > 0 and len(whole[0]["losses"]) == 2
    starts = journal.read(TrialDirectory(tmp_path / "cut").environment)
    assert [start["from_update"] for start in starts] == [0, 3]


def test_more_workers_go_on_where_one_left(
    tiny_inputs: TrialInputs,
    no_dropout: Path,
    tmp_path: Path,
    configure: Any,
    two_workers: TwoWorkers,
    every_update: None,
) -> None:
    configuration, whole = configure(updates=8, reports=2), SoloWorker()
    checkpoint = Checkpoint.at(no_dropout)
    cut(tmp_path / "cut", tiny_inputs, checkpoint, configuration, Node(told=5, ended=7))
    wait = two_workers.start(tmp_path / "rendezvous", (configuration, tiny_inputs, no_dropout, tmp_path / "cut"))
    train_trial(configuration, tiny_inputs, checkpoint, TrialDirectory(tmp_path / "whole"), whole, keep_model=False)
    wait()
    directory = TrialDirectory(tmp_path / "cut")
    starts = [(start["from_update"], start["workers"]) for start in journal.read(directory.environment)]
    assert starts == [(0, 1), (5, 2)]
    first, second = journal.read(directory.reports)
    assert numbers([first]) == numbers(whole.reports)[:1]
    assert second["loss"] == pytest.approx(whole.reports[1]["loss"], rel=1e-4)
    assert second["padding_share"] == pytest.approx(whole.reports[1]["padding_share"])


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_workers_look_every_few_seconds_and_tell_a_notice_once() -> None:
    clock, notice, looks = Clock(), [False], list[int]()

    class Counted(SoloWorker):
        def gather(self, value: Any) -> list[Any]:
            looks.append(updates)
            return super().gather(value)

    watcher = Lookout(lambda: notice[0], Counted(), seconds=5.0, clock=clock)
    told = []
    for updates in range(1, 41):
        clock.now += 0.5
        notice[0] = 22 <= updates <= 35
        told.append(watcher.says_save(updates))
    assert looks == [1, 2, 12, 22, 32]
    assert [number + 1 for number, one in enumerate(told) if one] == [22]


def test_a_checkpoint_is_never_long_ago() -> None:
    """Reports may be hours apart; what was saved for a report counts."""
    clock = Clock()
    watcher = Lookout(lambda: False, SoloWorker(), seconds=5.0, longest=60.0, clock=clock)
    saves = []
    for updates in range(1, 301):
        clock.now += 1.0
        if updates == 100:
            watcher.saved()  # for a report
        elif watcher.says_save(updates):
            saves.append(updates)
            watcher.saved()
    assert saves == [62, 162, 222, 282]


def test_the_number_of_the_next_look_is_rank_0s() -> None:
    """All workers gather at the same updates, whatever their own clocks say."""
    clock = Clock()

    class Second(SoloWorker):
        def gather(self, value: Any) -> list[Any]:
            return [(True, 7, False), value]

    watcher = Lookout(lambda: False, Second(), seconds=5.0, clock=clock)
    assert watcher.says_save(1)
    clock.now += 3.0
    assert [watcher.says_save(updates) for updates in range(2, 9)] == [False] * 7
