from __future__ import annotations

import random
from typing import Any

from xlingual.search.scheduler import ArmScheduler


def scheduler(past: Any = None) -> ArmScheduler:
    return ArmScheduler(["a", "b"], full_budget=9, grace_budget=1, reduction_factor=3, past=past or {})


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
    """Its first report passes two rungs and fills the higher one; again it would fill the other."""
    once, again = scheduler(), scheduler()
    for asha, tries in ((once, 1), (again, 3)):
        for _ in range(tries):
            assert asha.goes_on("a", "a/0", 4, 60.0)
        assert asha.goes_on("a", "a/1", 1, 10.0)
        assert not asha.goes_on("a", "a/2", 4, 59.0)


def test_live_and_rebuilt_ladders_decide_alike() -> None:
    """Also where a report passes several rungs at once, and where a trial ended in whatever way."""
    chance = random.Random(0)
    for _ in range(200):
        live, ended = scheduler(), dict[str, tuple[tuple[int, float], ...]]()
        for number in range(8):
            name, steps = f"a/{number}", sorted(chance.sample(range(1, 10), chance.randint(1, 4)))
            rebuilt, reports = scheduler({"a": ended}), list[tuple[int, float]]()
            for step in steps:
                objective = chance.uniform(0, 100)
                goes_on = live.goes_on("a", name, step, objective)
                assert rebuilt.goes_on("a", name, step, objective) == goes_on
                reports.append((step, objective))
                if not goes_on:
                    break
            ended[name] = tuple(reports)
