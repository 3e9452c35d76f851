"""Trials with different passes per update, or updates, compared at equal shares of the budget."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.search.listener import TrialView
from xlingual.search.queue import ReplicateSource, TrialQueue
from xlingual.search.recording_callback import RecordingCallback
from xlingual.search.scheduler import ArmScheduler
from xlingual.search.spent_budget import is_whole, spent
from xlingual.study import TrialConfiguration, updates_for
from xlingual.study.searches import ArmSearch
from xlingual.training.loop import report_updates
from xlingual.training.loop import spent as spent_by

SEARCH = ArmSearch("a")


def configuration(passes: int, budget: int = 500, reports: int = 5) -> TrialConfiguration:
    plain = {
        "sources": {"model": "m", "train": "t", "dev": "d"},
        "windows": {},
        "training": {"updates": budget, "learning_rate": 1e-5, "reports": reports},
        "robust": None if passes == 1 else {"adversarial": {"steps": passes, "step_size": 0.1}},
        "seed": 0,
    }
    robust = TrialConfiguration.model_validate(plain).robust
    plain["training"]["updates"] = updates_for(budget, robust)  # type: ignore[index]
    return TrialConfiguration.model_validate(plain)


def reports(passes: int, f1: float = 50.0, budget: int = 500, count: int = 5) -> list[dict[str, Any]]:
    made = configuration(passes, budget, count)
    return [
        {"updates": updates, **spent_by(made, updates), "objective": f1}
        for updates in report_updates(made.training.updates, count)
    ]


@pytest.mark.parametrize("budget", [12, 97, 500, 8011])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_trials_of_any_passes_report_at_the_same_shares_of_the_budget(budget: int, count: int) -> None:
    plain = [spent(report, budget) for report in reports(1, budget=budget, count=count)]
    assert plain == list(report_updates(budget, count))  # if an update has one pass, the budget is counted in updates
    for passes in (2, 3):
        assert [spent(report, budget) for report in reports(passes, budget=budget, count=count)] == plain


def test_a_report_counts_the_passes_so_far() -> None:
    assert [(r["updates"], r["total_updates"], r["passes"], r["share"]) for r in reports(3)] == [
        (33, 166, 99, 0.2), (66, 166, 198, 0.4), (100, 166, 300, 0.6), (133, 166, 399, 0.8), (166, 166, 498, 1.0),
    ]  # fmt: skip


def test_a_trial_is_whole_at_its_own_last_update() -> None:
    assert [is_whole(report, 500) for report in reports(3)] == [False] * 4 + [True]
    assert [is_whole(report, 500) for report in ({"updates": 499}, {"updates": 500})] == [False, True]


def test_a_report_of_before_has_spent_its_updates() -> None:
    assert spent({"updates": 100, "f1": 50.0}, 500) == 100


def arm_scheduler(past: Any = None) -> ArmScheduler:
    return ArmScheduler([SEARCH], full_budget=500, grace_budget=100, reduction_factor=2, past=past or {})


def pairs(trial_reports: list[dict[str, Any]]) -> list[tuple[int, float]]:
    return [(spent(report, 500), report["objective"]) for report in trial_reports]


def decisions(asha: ArmScheduler, name: str, trial_reports: list[dict[str, Any]]) -> list[str]:
    told = []
    for step, objective in pairs(trial_reports):
        told.append("CONTINUE" if asha.goes_on(SEARCH, name, step, objective) else "STOP")
        if told[-1] == "STOP":
            break
    return told


def test_trials_of_other_passes_meet_on_the_rung_of_equal_cost() -> None:
    """33 of 166 updates with 3 passes are 99 passes: no later rung than 100 of 500 updates with one."""
    asha = arm_scheduler()
    for number, f1 in enumerate((50.0, 60.0)):
        assert decisions(asha, f"plain {number}", reports(1, f1)[:1]) == ["CONTINUE"]
    assert decisions(asha, "bad", reports(3, 40.0)) == ["STOP"]
    assert decisions(asha, "good", reports(3, 70.0)[:4]) == ["CONTINUE"] * 4
    assert decisions(asha, "between", reports(2, 61.0)[:1]) == ["CONTINUE"]


def test_a_whole_trial_of_fewer_updates_ends_on_the_ladder() -> None:
    assert decisions(arm_scheduler(), "t", reports(3)) == ["CONTINUE"] * 4 + ["STOP"]


@pytest.mark.parametrize("passes", [1, 3])
def test_past_trials_of_any_passes_fill_the_rungs_of_their_cost(passes: int) -> None:
    past = {SEARCH: {"a/0": pairs(reports(passes, 60.0)), "a/1": pairs(reports(passes, 62.0)[:1])}}
    assert decisions(arm_scheduler(past), "bad", reports(3, 40.0)) == ["STOP"]
    assert decisions(arm_scheduler(), "bad", reports(3, 40.0)[:4]) == ["CONTINUE"] * 4


@pytest.mark.parametrize(("last", "state"), [(166, "finished"), (133, "pruned")])
def test_the_journal_calls_a_trial_finished_at_its_own_last_update(tmp_path: Path, last: int, state: str) -> None:
    """And records the spent budget instead of updates, for sampler and scheduler."""
    seen: list[TrialView] = []
    directory, listener = StudyDirectory(tmp_path), SimpleNamespace(trial_changed=seen.append)
    recorder = RecordingCallback(directory, listener, kind="trial")  # type: ignore[arg-type]
    item = {"arm": "a", "number": 0, "fingerprint": "f", "values": {}, "configuration": configuration(3).canonical()}
    best = {"a/other": ((100, 90.0), (200, 90.0), (400, 90.0 if last == 133 else 1.0))}
    queue = TrialQueue(
        ReplicateSource([item]), recorder, concurrent=1, full_budget=500, scheduler=arm_scheduler({SEARCH: best})
    )
    handed = queue.next() or {}
    assert handed.items() >= item.items()
    for report in reports(3, f1=91.0):
        goes_on = queue.reported(handed, report | ({"objective": 1.0} if report["updates"] == last else {}))
        if not goes_on:
            break
    queue.returned(handed)
    (ended,) = [event for event in journal.read(directory.journal) if event["event"] == "trial_ended"]
    steps = [100, 200, 300, 400, 500]
    assert [step for step, _ in ended["reports"]] == (steps if state == "finished" else steps[:4])
    assert (seen[0].state, seen[0].updates, seen[0].total_updates) == ("running", 0, 166)
    assert (seen[-1].state, seen[-1].updates, seen[-1].total_updates) == (state, last, 166)
    assert {view.passes for view in seen} == {3}
