"""Grids of pairs of languages: their figures and intervals against a direct computation from the definitions."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy import stats

from xlingual.errors import RecordError
from xlingual.report.grid import DIAGONAL, EXCESS, OFF_DIAGONAL, grid_of
from xlingual.report.scores import Floats, Questions, TestScores, Unit
from xlingual.statistics.crossed import holm
from xlingual.task_metrics import accuracy_metrics

CODES = ("en", "de", "th")
PAIRS = tuple(f"{a}-{b}" for a, b in itertools.permutations(CODES, 2))
KEYS = (*CODES, *PAIRS)
QUESTIONS = 24
METRICS = accuracy_metrics("paraphrase_identification")


def made_up(
    gains: Mapping[str, tuple[float, float]], seeds: Sequence[int] = (1, 2, 3, 4), keys: Sequence[str] = KEYS
) -> TestScores:
    """Random scores; an arm's gain is (on the diagonal, off it). A group has two or four questions."""
    generator = np.random.default_rng(11)
    groups = tuple(f"g{n // (2 if n < 12 else 4)}" for n in range(QUESTIONS))
    ids = tuple(f"q{n:02d}" for n in range(QUESTIONS))
    scores: dict[str, dict[str, dict[str, Floats]]] = {}
    for arm, (same, other) in gains.items():
        luck = generator.normal(0, 1, (len(seeds), 1))
        for key in keys:
            level = 60 + (other if "-" in key else same) + luck
            scores.setdefault(arm, {})[key] = {"accuracy": level + generator.normal(0, 15, (len(seeds), QUESTIONS))}
    units = {arm: tuple(Unit(None, (seed,)) for seed in seeds) for arm in gains}
    return TestScores({key: Questions(ids, groups) for key in keys}, scores, units, metrics=METRICS)


def directly(scores: TestScores, arm: str, other: str, weights: Mapping[str, float]) -> tuple[float, float, float]:
    """Estimate, standard error and degrees of freedom of paired units crossed with groups, straight from docs."""
    arms = {name: {key: cell["accuracy"] for key, cell in scores.scores[name].items()} for name in (arm, other)}
    of_units = sum(w * (arms[arm][key].mean(axis=1) - arms[other][key].mean(axis=1)) for key, w in weights.items())
    repeats = len(of_units)
    units = sum((gap - of_units.mean()) ** 2 for gap in of_units) / (repeats - 1) / repeats
    groups = scores.questions[next(iter(weights))].paragraphs
    influence = dict.fromkeys(groups, 0.0)
    for key, weight in weights.items():
        gaps = arms[arm][key].mean(axis=0) - arms[other][key].mean(axis=0)
        for group, gap in zip(groups, gaps, strict=True):
            influence[group] += weight * (gap - gaps.mean()) / len(gaps)
    count = len(influence)
    clusters = count / (count - 1) * sum(value**2 for value in influence.values())
    freedom = (units + clusters) ** 2 / (units**2 / (repeats - 1) + clusters**2 / (count - 1))
    return float(of_units.mean()), math.sqrt(units + clusters), freedom


@pytest.fixture(scope="module")
def scores() -> TestScores:
    return made_up({"baseline": (0.0, 0.0), "robust": (1.0, 6.0), "noise": (0.5, -1.0)})


WEIGHTS = {
    DIAGONAL: dict.fromkeys(CODES, 1 / 3),
    OFF_DIAGONAL: dict.fromkeys(PAIRS, 1 / 6),
    EXCESS: dict.fromkeys(PAIRS, 1 / 6) | dict.fromkeys(CODES, -1 / 3),
    "th-de": {"th-de": 1.0},
    "de": {"de": 1.0},
}


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("arm", ["robust", "noise"])
def test_differences_and_their_intervals_are_those_of_the_definition(scores: TestScores, arm: str, name: str) -> None:
    grid = grid_of(scores, "baseline")
    assert grid is not None
    gap = grid.differences[arm][name]["accuracy"]
    estimate, error, freedom = directly(scores, arm, "baseline", WEIGHTS[name])
    reach = stats.t.ppf(0.975, freedom) * error
    assert gap.estimate == pytest.approx(estimate, abs=1e-9)
    assert (gap.low, gap.high) == pytest.approx((estimate - reach, estimate + reach), abs=1e-7)
    assert gap.found.p == pytest.approx(2 * stats.t.sf(abs(estimate) / error, freedom))


def test_the_excess_is_the_difference_of_two_differences(scores: TestScores) -> None:
    grid = grid_of(scores, "baseline")
    assert grid is not None
    found = {name: grid.differences["robust"][name]["accuracy"].estimate for name in (DIAGONAL, OFF_DIAGONAL, EXCESS)}
    assert found[EXCESS] == pytest.approx(found[OFF_DIAGONAL] - found[DIAGONAL])
    means = grid.means["robust"]
    assert means[EXCESS]["accuracy"] == pytest.approx(
        np.subtract(means[OFF_DIAGONAL]["accuracy"], means[DIAGONAL]["accuracy"])
    )
    assert means["th-de"]["accuracy"] == pytest.approx(scores.scores["robust"]["th-de"]["accuracy"].mean(axis=1))


def test_figures_of_the_whole_grid_are_adjusted_over_the_arms_and_cells_are_not(scores: TestScores) -> None:
    grid = grid_of(scores, "baseline")
    assert grid is not None
    for name in (DIAGONAL, OFF_DIAGONAL, EXCESS):
        gaps = {arm: cells[name]["accuracy"] for arm, cells in grid.differences.items()}
        adjusted = holm({arm: gap.found.p or 0.0 for arm, gap in gaps.items()})
        assert {arm: gap.adjusted_p for arm, gap in gaps.items()} == pytest.approx(adjusted)
        assert all(gap.different == (adjusted[arm] < 0.05) for arm, gap in gaps.items())
        assert all(gap.compared == 2 and gap.randomization_p is not None for gap in gaps.values())
    cell = grid.differences["robust"]["th-de"]["accuracy"]
    assert (cell.adjusted_p, cell.different, cell.compared) == (None, False, None)


def test_nothing_that_one_search_chose_is_called_a_difference() -> None:
    scores = made_up({"baseline": (0.0, 0.0), "robust": (50.0, 90.0)})
    free, bound = grid_of(scores, "baseline"), grid_of(scores, "baseline", searched=["baseline"])
    assert free is not None and bound is not None
    assert free.differences["robust"][EXCESS]["accuracy"].different
    assert not bound.differences["robust"][EXCESS]["accuracy"].different


def test_an_arm_is_compared_with_the_arm_it_is_against(scores: TestScores) -> None:
    grid = grid_of(scores, "baseline", against={"noise": "robust"})
    assert grid is not None
    estimate = directly(scores, "noise", "robust", WEIGHTS[EXCESS])[0]
    assert grid.differences["noise"][EXCESS]["accuracy"].estimate == pytest.approx(estimate)


def test_a_grid_that_lacks_pairs_says_so_and_means_are_over_those_it_has() -> None:
    keys = [key for key in KEYS if key != "th-de"]
    scores = made_up({"baseline": (0.0, 0.0)}, keys=keys)
    grid = grid_of(scores, "baseline", absent=1)
    assert grid is not None and not grid.whole and grid.absent == 1 and grid.key("th", "de") is None
    cells = [scores.scores["baseline"][key]["accuracy"].mean() for key in keys if "-" in key]
    assert np.mean(grid.means["baseline"][OFF_DIAGONAL]["accuracy"]) == pytest.approx(np.mean(cells))


def test_rows_and_columns_are_in_the_order_of_languages(scores: TestScores) -> None:
    grid = grid_of(scores, "baseline")
    assert grid is not None and grid.whole and grid.languages == CODES
    assert grid.keys == ("en", "en-de", "en-th", "de-en", "de", "de-th", "th-en", "th-de", "th")


def test_no_grid_without_pairs() -> None:
    assert grid_of(made_up({"baseline": (0.0, 0.0)}, keys=CODES), "baseline") is None


def test_a_pair_that_an_arm_lacks_is_refused(scores: TestScores) -> None:
    lacking = {arm: dict(cells) for arm, cells in scores.scores.items()}
    del lacking["robust"]["th-de"]
    with pytest.raises(RecordError, match="robust has no scores in th-de"):
        grid_of(TestScores(scores.questions, lacking, scores.units, metrics=METRICS), "baseline")


def test_the_json_has_every_cell_with_its_interval(scores: TestScores) -> None:
    grid = grid_of(scores, "baseline")
    assert grid is not None
    content = json.loads(json.dumps(grid.as_json(("first sentence", "second sentence")), allow_nan=False))
    assert content["roles"] == ["first sentence", "second sentence"] and content["languages"] == list(CODES)
    assert content["pairs"] == list(grid.keys) and content["pairs_left_out"] == 0
    assert set(content["arms"]["robust"]) == {*grid.keys, DIAGONAL, OFF_DIAGONAL, EXCESS}
    cell = content["differences"]["robust"]["th-de"]
    assert cell["low"] < cell["accuracy"] < cell["high"] and "more_units" not in cell
    assert {"more_units", "detectable"} <= content["differences"]["robust"][EXCESS].keys()
