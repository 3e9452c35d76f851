from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from xlingual.search.scheduler import ArmScheduler


def scheduler(past: Any = None) -> ArmScheduler:
    return ArmScheduler(["a", "b"], metric="f1", full_budget=9, grace_budget=1, reduction_factor=3, past=past or {})


def trial(name: str, arm: str) -> Any:
    return SimpleNamespace(trial_id=name, config={"arm": arm})


def decision(of: ArmScheduler, name: str, arm: str, f1: float) -> str:
    of.on_trial_add(None, trial(name, arm))
    return of.on_trial_result(None, trial(name, arm), {"updates": 1, "f1": f1})


def test_a_trial_is_stopped_for_being_worse_than_its_own_arm_only() -> None:
    asha = scheduler()
    assert [decision(asha, f"good {n}", "a", 90.0 + n) for n in range(3)] == ["CONTINUE"] * 3
    assert decision(asha, "bad in a", "a", 10.0) == "STOP"
    assert decision(asha, "same in b", "b", 10.0) == "CONTINUE"


def test_trials_of_an_earlier_run_fill_the_rungs() -> None:
    past = {"a": [[{"updates": 1, "f1": 90.0 + n}, {"updates": 3, "f1": 95.0}] for n in range(3)] + [[]]}
    assert decision(scheduler(past), "bad", "a", 10.0) == "STOP"
    assert decision(scheduler(), "bad", "a", 10.0) == "CONTINUE"


def test_the_full_budget_ends_a_trial() -> None:
    asha = scheduler()
    asha.on_trial_add(None, trial("t", "a"))
    assert asha.on_trial_result(None, trial("t", "a"), {"updates": 9, "f1": 50.0}) == "STOP"


def test_a_report_without_a_score_changes_nothing() -> None:
    asha = scheduler()
    asha.on_trial_add(None, trial("t", "a"))
    assert asha.on_trial_result(None, trial("t", "a"), {"failed": "diverged"}) == "CONTINUE"
