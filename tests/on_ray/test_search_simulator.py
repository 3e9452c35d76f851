"""The simulated search of tests/benchmarks calls searcher and scheduler as Tune does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler
from ray.tune.search import Searcher

REPORT_UPDATES = (2, 4, 6, 8, 10)
# Scores of five trials: the second and fifth fall behind at 2 updates, the third at 6.
TABLE = (
    (10.0, 20.0, 30.0, 40.0, 50.0),
    (5.0, 6.0, 7.0, 8.0, 9.0),
    (11.0, 12.0, 13.0, 14.0, 15.0),
    (12.0, 30.0, 40.0, 50.0, 60.0),
    (1.0, 90.0, 90.0, 90.0, 90.0),
)


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    """The simulator, which is not part of the package; Ray's workers import this module, and find no other of tests."""
    from benchmark_modules import benchmark_modules

    with benchmark_modules(simulator="search_simulator") as modules:
        yield modules


class Calls:
    """Calls to a searcher and a scheduler, in order; trials are numbered by suggestion."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.numbers: dict[str, int] = {}

    def report(self, to: str, trial_id: str, result: Any) -> None:
        seen = (result["objective"], result["updates"], result["training_iteration"], result["done"])
        self.told.append((to, self.numbers[trial_id], *seen))


class Table(Searcher):
    """Suggests the rows of TABLE in turn, and records its calls."""

    def __init__(self, calls: Calls) -> None:
        super().__init__(metric="objective", mode="max")
        self.calls = calls

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass

    def suggest(self, trial_id: str) -> Any:
        number = len(self.calls.numbers)
        if number == len(TABLE):
            return Searcher.FINISHED
        self.calls.numbers[trial_id] = number
        self.calls.told.append(("suggest", number))
        return {"row": number}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        self.calls.report("searcher, result", trial_id, result)

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
        assert not error
        self.calls.report("searcher, complete", trial_id, result)


class Told(AsyncHyperBandScheduler):
    """ASHA that records its calls."""

    def __init__(self, calls: Calls) -> None:
        super().__init__("updates", "objective", "max", max_t=10, grace_period=2, reduction_factor=3)
        self.calls = calls

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        self.calls.told.append(("scheduler, add", self.calls.numbers[trial.trial_id]))
        super().on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: Any) -> str:
        self.calls.report("scheduler, result", trial.trial_id, result)
        return str(super().on_trial_result(tune_controller, trial, result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: Any) -> None:
        self.calls.report("scheduler, complete", trial.trial_id, result)
        super().on_trial_complete(tune_controller, trial, result)


def simulated(bench: Any, calls: Calls, *, concurrent: int = 1, horizon: int = 10**6) -> list[Any]:
    trials: list[Any] = bench.simulator.simulate(
        Table(calls),
        Told(calls),
        lambda config: TABLE[config["row"]],
        REPORT_UPDATES,
        concurrent=concurrent,
        horizon=horizon,
    )
    return trials


def train_row(config: dict[str, Any]) -> None:
    """A Tune trial that reports a row of TABLE."""
    from ray import tune

    for updates, f1 in zip(REPORT_UPDATES, TABLE[config["row"]], strict=True):
        tune.report({"objective": f1, "updates": updates})


def test_the_simulator_calls_searcher_and_scheduler_as_tune_does(bench: Any, ray_cluster: None, tmp_path: Path) -> None:
    import warnings

    from ray import tune

    calls = Calls()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tune.Tuner(
            train_row,
            tune_config=tune.TuneConfig(
                search_alg=Table(calls),
                scheduler=Told(calls),
                num_samples=len(TABLE),
                max_concurrent_trials=1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(storage_path=str(tmp_path), verbose=0),
        ).fit()
    ours = Calls()
    simulated(bench, ours)
    assert ours.told == calls.told


def test_a_report_that_stops_a_trial_reaches_the_searcher_as_its_end_only(bench: Any) -> None:
    calls = Calls()
    trials = simulated(bench, calls)
    assert [trial.last_result["updates"] for trial in trials] == [10, 2, 6, 10, 2]
    assert [row for row in calls.told if row[1] == 1] == [
        ("suggest", 1),
        ("scheduler, add", 1),
        ("scheduler, result", 1, 5.0, 2, 1, False),
        ("scheduler, complete", 1, 5.0, 2, 1, True),
        ("searcher, complete", 1, 5.0, 2, 1, True),
    ]


def test_updates_are_spent_once_and_trials_run_side_by_side(bench: Any) -> None:
    calls = Calls()
    trials = simulated(bench, calls, concurrent=2)
    assert max(trial.ended_after for trial in trials) == sum(trial.last_result["updates"] for trial in trials)
    running = [0]
    for row in calls.told:
        running.append(running[-1] + (row[0] == "suggest") - (row[0] == "searcher, complete"))
    assert (running[-1], max(running)) == (0, 2)


def test_a_search_ends_at_its_horizon(bench: Any) -> None:
    assert [trial.ended_after for trial in simulated(bench, Calls(), horizon=11)] == [10, 12]
    assert [trial.ended_after for trial in simulated(bench, Calls(), horizon=9)] == [10]
    assert [trial.ended_after for trial in simulated(bench, Calls(), horizon=8)] == [None]


def test_a_trial_that_no_scheduler_stops_ends_with_its_last_report(bench: Any) -> None:
    calls = Calls()
    trials = bench.simulator.simulate(
        Table(calls),
        FIFOScheduler(),
        lambda config: TABLE[config["row"]],
        REPORT_UPDATES,
        concurrent=1,
        horizon=10**6,
    )
    assert [trial.ended_after for trial in trials] == [10, 20, 30, 40, 50]
    assert [row[1:] for row in calls.told if row[0] == "searcher, complete"][1] == (1, 9.0, 10, 5, True)
    assert trials[1].history == [(12, 5.0), (14, 6.0), (16, 7.0), (18, 8.0), (20, 9.0)]
