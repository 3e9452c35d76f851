from __future__ import annotations

import math
import random
from typing import Any, NamedTuple

import pytest
from ray.tune.schedulers import MedianStoppingRule

from xlingual.search.scheduler import ArmScheduler


def scheduler(past: Any = None, kind: Any = "asha") -> ArmScheduler:
    return ArmScheduler(["a", "b"], kind=kind, full_budget=9, grace_budget=1, reduction_factor=3, past=past or {})


def median(past: Any = None, grace: int = 2) -> ArmScheduler:
    return ArmScheduler([("a", 1), ("a", 2)], kind="median", full_budget=9, grace_budget=grace, past=past or {})


def test_a_trial_is_stopped_for_being_worse_than_its_own_arm_only() -> None:
    asha = scheduler()
    assert all(asha.goes_on("a", f"a/{n}", 1, 90.0 + n) for n in range(3))
    assert not asha.goes_on("a", "a/3", 1, 10.0)
    assert asha.goes_on("b", "b/0", 1, 10.0)


def test_trials_of_an_earlier_command_fill_the_rungs() -> None:
    past = {"a": {f"a/{n}": ((1, 90.0 + n), (3, 95.0)) for n in range(3)} | {"a/3": ()}}
    assert not scheduler(past).goes_on("a", "a/4", 1, 10.0)
    assert scheduler().goes_on("a", "a/4", 1, 10.0)


def test_the_full_budget_ends_a_trial() -> None:
    assert not scheduler().goes_on("a", "a/0", 9, 50.0)


def test_a_trial_that_is_tried_again_fills_no_rung_twice() -> None:
    """Its first report passes two rungs and fills the higher one; on a retry, it would fill the other."""
    once, again = scheduler(), scheduler()
    for asha, tries in ((once, 1), (again, 3)):
        for _ in range(tries):
            assert asha.goes_on("a", "a/0", 4, 60.0)
        assert asha.goes_on("a", "a/1", 1, 10.0)
        assert not asha.goes_on("a", "a/2", 4, 59.0)


@pytest.mark.parametrize("kind", ["asha", "median"])
def test_live_and_rebuilt_schedulers_decide_alike(kind: str) -> None:
    """Also if a report passes several rungs at once, and however a trial ended."""
    chance = random.Random(0)
    for _ in range(60):
        live, ended = scheduler(kind=kind), dict[str, tuple[tuple[int, float], ...]]()
        for number in range(8):
            name, steps = f"a/{number}", sorted(chance.sample(range(1, 10), chance.randint(1, 4)))
            rebuilt, reports = scheduler({"a": ended}, kind), list[tuple[int, float]]()
            for step in steps:
                objective = chance.uniform(0, 100)
                goes_on = live.goes_on("a", name, step, objective)
                assert rebuilt.goes_on("a", name, step, objective) == goes_on
                reports.append((step, objective))
                if not goes_on:
                    break
            ended[name] = tuple(reports)


def test_the_median_rule_stops_a_trial_below_the_median_of_its_own_search_only() -> None:
    rule = median()
    for name, f1 in (("x", 40.0), ("y", 50.0), ("z", 60.0)):
        assert rule.goes_on(("a", 1), name, 3, f1)
    assert rule.goes_on(("a", 1), "even", 3, 50.0)
    assert not rule.goes_on(("a", 1), "worse", 3, 49.9)
    assert rule.goes_on(("a", 2), "worse", 3, 49.9)


def test_the_median_rule_compares_the_best_report_with_averages_since_the_grace_period() -> None:
    """The others averaged 50 from 2 to 4 updates; their 0 at 1 is within the grace period."""
    past = {("a", 1): {name: ((1, 0.0), (2, 40.0), (4, 60.0), (9, 99.0)) for name in "xyz"}}
    rule = median(past)
    assert rule.goes_on(("a", 1), "t", 1, 0.0)
    assert not rule.goes_on(("a", 1), "t", 4, 49.0)
    fallen = median(past)
    assert fallen.goes_on(("a", 1), "t", 2, 51.0)
    assert fallen.goes_on(("a", 1), "t", 4, 10.0)


def test_the_median_rule_needs_three_others_that_came_as_far() -> None:
    rule = median({("a", 1): {"x": ((3, 90.0), (4, 90.0)), "y": ((3, 90.0), (4, 90.0)), "z": ((3, 90.0),)}})
    assert rule.goes_on(("a", 1), "t", 4, 1.0)
    assert not rule.goes_on(("a", 1), "u", 3, 1.0)


def test_the_median_rule_ends_a_whole_trial_and_knows_one_that_is_tried_again() -> None:
    rule = median()
    assert [rule.goes_on(("a", 1), "t", step, 50.0) for step in (3, 3, 6, 3, 6, 9, 9)] == [True] * 5 + [False] * 2


def test_the_median_rule_is_that_of_ray_tune_where_reports_come_in_turn() -> None:
    chance, trial = random.Random(1), NamedTuple("trial", [("trial_id", int)])
    for _ in range(100):
        ours, theirs = (
            median(grace=3),
            MedianStoppingRule("spent", "f1", "max", grace_period=3, min_time_slice=math.inf),
        )
        for name in range(8):
            for step in range(1, 9):
                f1 = chance.uniform(0, 10) + step
                goes_on = theirs.on_trial_result(None, trial(name), {"spent": step, "f1": f1}) == "CONTINUE"
                assert ours.goes_on(("a", 1), str(name), step, f1) == goes_on
                if not goes_on:
                    break
