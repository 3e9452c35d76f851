"""The simulated search of tests/benchmarks calls searcher and scheduler as Tune does; its curves are as they say."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
import pytest
from ray.tune.schedulers import AsyncHyperBandScheduler
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
def bench() -> Any:
    """The modules of the benchmark, which import one another by name as scripts do."""
    folder = str(Path(__file__).resolve().parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        import search_lines
        import search_regret
        import search_simulator
        import surrogate
    finally:
        sys.path.remove(folder)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return SimpleNamespace(lines=search_lines, regret=search_regret, simulator=search_simulator, surrogate=surrogate)


class Calls:
    """What a searcher and a scheduler were told, in order; trials by the order in which they were suggested."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.numbers: dict[str, int] = {}

    def report(self, to: str, trial_id: str, result: Any) -> None:
        seen = (result["f1"], result["updates"], result["training_iteration"], result["done"])
        self.told.append((to, self.numbers[trial_id], *seen))


class Table(Searcher):
    """Suggests the rows of TABLE in turn, and writes down what it is told."""

    def __init__(self, calls: Calls) -> None:
        super().__init__(metric="f1", mode="max")
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
    """ASHA that writes down what it is told."""

    def __init__(self, calls: Calls) -> None:
        super().__init__("updates", "f1", "max", max_t=10, grace_period=2, reduction_factor=3)
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
    """A trial of Tune's that reports a row of TABLE."""
    from ray import tune

    for updates, f1 in zip(REPORT_UPDATES, TABLE[config["row"]], strict=True):
        tune.report({"f1": f1, "updates": updates})


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


def test_the_best_values_of_a_world_have_no_regret_and_all_others_have_some(bench: Any) -> None:
    world = bench.surrogate.World(bench.surrogate.SETTINGS[0], 3)
    assert world.regret(world.best) == pytest.approx(0.0, abs=1e-9)
    regrets = [world.regret(values) for values in bench.lines.random_values(0, 100)]
    assert 0 < min(regrets) < max(regrets) < bench.surrogate.HIGHEST - bench.surrogate.LOWEST


def test_curves_end_at_the_final_score_and_noise_shrinks_with_updates(bench: Any) -> None:
    shares = bench.regret.SHARES
    for setting in bench.surrogate.SETTINGS:
        residuals = []
        for seed in range(200):
            world = bench.surrogate.World(setting, seed)
            expected = world.expected(world.best, shares)
            assert expected[-1] == pytest.approx(bench.surrogate.HIGHEST)
            residuals.append(world.curve(world.best, shares) - expected)
        deviation = np.std(residuals, axis=0)
        assert np.all(np.diff(deviation) < 0)
        assert deviation[-1] == pytest.approx(setting.noise, rel=0.2)


def test_equal_values_have_equal_curves_in_one_world_only(bench: Any) -> None:
    world, again, other = (bench.surrogate.World(bench.surrogate.SETTINGS[1], seed) for seed in (0, 0, 1))
    values, nearly = bench.lines.random_values(0, 1)[0], bench.lines.random_values(1, 1)[0]
    curve = world.curve(values, bench.regret.SHARES)
    assert curve.tolist() == again.curve(dict(reversed(values.items())), bench.regret.SHARES).tolist()
    assert curve.tolist() != other.curve(values, bench.regret.SHARES).tolist()
    assert curve.tolist() != world.curve(nearly, bench.regret.SHARES).tolist()


def test_all_lines_search_one_space_and_start_with_the_same_trial(bench: Any) -> None:
    world = bench.surrogate.World(bench.surrogate.SETTINGS[0], 5)
    started = []
    for line in bench.lines.LINES:
        trials = bench.regret.search(line, world, 5, horizon=bench.lines.UPDATES)
        started.append(line.values(trials[0].config))
    assert len(started) == 4
    assert all(values == started[0] for values in started)


def test_the_adapter_tells_stopped_trials_as_pruned_and_stock_as_complete(bench: Any) -> None:
    world, counts = bench.surrogate.World(bench.surrogate.SETTINGS[0], 6), {}
    for name in ("adapter", "stock_same_options"):
        searcher, scheduler = getattr(bench.lines, name)(6)
        line = SimpleNamespace(
            build=lambda seed, pair=(searcher, scheduler): pair, values=lambda config: config.get("values", config)
        )
        trials = bench.regret.search(line, world, 6, horizon=6 * bench.lines.UPDATES)
        draws = searcher._queue._source._arms["both"] if name == "adapter" else None
        study = draws._sampler.study(len(trials), list(draws._past.values())) if draws else searcher._ot_study
        ended = [trial.ended_after is not None for trial in trials]
        full = [bench.regret.finished(trial) for trial in trials]
        counts[name] = [trial.state.name for trial in study.trials]
        short = "PRUNED" if name == "adapter" else "COMPLETE"
        assert counts[name] == [
            ("COMPLETE" if whole else short) if done else "RUNNING" for done, whole in zip(ended, full, strict=True)
        ]
    assert "PRUNED" in counts["adapter"]


def test_only_trials_that_reached_their_full_budget_can_be_chosen(bench: Any) -> None:
    updates, line = bench.lines.UPDATES, SimpleNamespace(values=lambda config: config)
    world = SimpleNamespace(regret=lambda values: values["regret"])

    def trial(number: int, regret: float, f1: float, done: int, ended_after: int | None) -> Any:
        return bench.simulator.SimulatedTrial(
            str(number), number, {"regret": regret}, (), {"f1": f1, "updates": done}, ended_after
        )

    trials = [
        trial(0, 5.0, 60.0, updates, 6 * updates),
        trial(1, 1.0, 90.0, updates - 40, 7 * updates),  # stopped early
        trial(2, 2.0, 70.0, updates, 8 * updates),
        trial(3, 0.0, 99.0, updates, None),  # still running
    ]
    curve = bench.regret.regret_curve(line, world, trials)
    assert np.isnan(curve[0])
    assert curve[1:3] == [5.0, 5.0]
    assert set(curve[3:]) == {2.0}


def test_an_interval_holds_the_mean_and_a_missing_value_gives_none(bench: Any) -> None:
    mean, low, high = bench.regret.interval(np.array([1.0, 2.0, 3.0, 6.0]))
    assert low < mean == 3.0 < high
    assert (low, high) == pytest.approx((1.5, 5.0), abs=0.3)
    assert bench.regret.interval(np.array([1.0, float("nan")])) is None


def test_the_settings_differ_in_how_much_early_scores_say(bench: Any) -> None:
    little, much = (bench.regret.rank_correlation(setting, 40, 5, 50) for setting in bench.surrogate.SETTINGS[:2])
    assert much < 0.5 < little
