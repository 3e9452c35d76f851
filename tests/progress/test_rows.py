from __future__ import annotations

import pytest

from xlingual.progress.stage_state import StageState
from xlingual.search.listener import TrialView


def trial(number: int, state: str, objective: float | None = None) -> TrialView:
    return TrialView(f"a/{number}", "a", f"trial {number}", state, 0, 100, objective=objective)


def choose_rows(trials, limit: int) -> list[TrialView]:
    stage = StageState("search", len(trials), 0, 0.0)
    for each in trials:
        stage.take(each, 0.0)
    return stage.rows(limit)


def numbers(trials) -> list[int]:
    return [int(trial.label.split()[1]) for trial in trials]


def test_running_trials_come_first_then_the_best_then_the_latest_then_the_waiting():
    trials = [
        trial(0, "finished", 90.0),
        trial(1, "finished", 80.0),
        trial(2, "finished", 10.0),
        trial(3, "waiting"),
        trial(4, "pruned", 99.0),
        trial(5, "running"),
    ]
    assert numbers(choose_rows(trials, 6)) == [5, 0, 1, 2, 4, 3]
    assert numbers(choose_rows(trials, 4)) == [5, 0, 1, 4]


def test_a_failed_or_stopped_trial_is_never_among_the_best():
    trials = [trial(0, "failed", 99.0), trial(1, "pruned", 98.0), trial(2, "finished", 50.0), trial(3, "failed")]
    assert numbers(choose_rows(trials, 2)) == [2, 3]


@pytest.mark.parametrize("limit", [0, 1, 5, 40])
def test_never_more_than_the_limit_and_none_twice(limit):
    states = ["running", "finished", "pruned", "failed", "waiting"]
    trials = [trial(n, states[n % 5], float(n)) for n in range(30)]
    chosen = numbers(choose_rows(trials, limit))
    assert len(chosen) == min(limit, 30)
    assert len(set(chosen)) == len(chosen)


def test_running_trials_keep_their_place_while_their_reports_come_in_any_order():
    trials = [trial(10, "running"), trial(2, "running"), trial(1, "running")]
    assert numbers(choose_rows(trials, 3)) == [1, 2, 10]
