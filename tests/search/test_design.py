"""The first trials of a search: balanced at every number of trials, and drawn towards the centre."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats

from xlingual.search.design import design_point
from xlingual.study import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform, draw
from xlingual.study.legality import Recorded, locate
from xlingual.study.neutral import default_values

LANGUAGES = ("de", "es", "ru", "zh")
NOISY = {"magnitude": LogUniform(0.01, 1.0), "place": Choice(("words", "sum"))}
TREE: dict[str, Any] = {
    "training": {
        "learning_rate": LogUniform(1e-5, 1e-3),
        "batch_size": Choice((8, 16, 32)),
        "clip_norm": Uniform(0.5, 2.5),
        "warmup_share": LogNormal(0.1, 1.5),
        "reports": Integer(1, 4),
        "updates": 100,
    },
    "mixture": {"weights": Simplex(LANGUAGES)},
    "robust": Choice((None, {"noise": NOISY}), ("plain", "noisy")),
}
FIRST = default_values(TREE)


def design(trials: int, seed: int = 0, tree: dict[str, Any] = TREE) -> list[dict[str, Any]]:
    """Values of the first trials of a search, the first one included."""
    first = default_values(tree)
    return [first, *(design_point(tree, number, first, (seed, "arm")) for number in range(1, trials))]


def share(low: float, high: float, value: float) -> float:
    """Quantile of a value in the distribution of the design."""
    return float(stats.beta(2, 2).cdf((value - low) / (high - low)))


@pytest.mark.parametrize("seed", range(20))
def test_every_point_is_one_of_the_space(seed: int) -> None:
    for values in design(12, seed):
        assert locate(TREE, draw(TREE, Recorded(values)), values) == values


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("pieces", [2, 4, 8])
def test_numbers_lie_in_different_pieces_of_their_scale(seed: int, pieces: int) -> None:
    points = design(pieces + 1, seed)[1:]
    rates = [share(math.log(1e-5), math.log(1e-3), math.log(point["training.learning_rate"])) for point in points]
    clips = [share(0.5, 2.5, point["training.clip_norm"]) for point in points]
    for found in (rates, clips):
        assert sorted(int(unit * pieces) for unit in found) == list(range(pieces))


@pytest.mark.parametrize("seed", range(10))
def test_options_come_in_turn_the_first_trials_counted(seed: int) -> None:
    points = design(13, seed)
    for start in range(0, 12, 3):
        assert {point["training.batch_size"] for point in points[start : start + 3]} == {8, 16, 32}
    assert Counter(point["robust"] for point in points[:12]) == {"plain": 6, "noisy": 6}
    assert points[1]["robust"] == "noisy"  # the first trial was plain


@pytest.mark.parametrize("seed", range(10))
def test_what_one_option_has_is_balanced_over_the_trials_with_it(seed: int) -> None:
    noisy = [point for point in design(8, seed) if point["robust"] == "noisy"]
    assert len(noisy) == 4
    found = [share(math.log(0.01), 0.0, math.log(point["robust.noisy.noise.magnitude"])) for point in noisy]
    assert sorted(int(unit * 4) for unit in found) == [0, 1, 2, 3]
    assert [point["robust.noisy.noise.place"] for point in noisy].count("sum") == 2


def test_points_follow_their_distributions() -> None:
    points = [design_point(TREE, 1, FIRST, (seed, "arm")) for seed in range(400)]
    clips = [(point["training.clip_norm"] - 0.5) / 2.0 for point in points]
    assert stats.kstest(clips, stats.beta(2, 2).cdf).pvalue > 0.01
    rates = [math.log10(point["training.learning_rate"]) / 2 + 2.5 for point in points]
    assert stats.kstest(rates, stats.beta(2, 2).cdf).pvalue > 0.01
    warmups = [math.log(point["training.warmup_share"] / 0.1) / math.log(1.5) for point in points]
    assert stats.kstest(warmups, stats.truncnorm(-3, 3).cdf).pvalue > 0.01
    weights = np.array([list(draw(TREE, Recorded(point))["mixture"]["weights"].values()) for point in points])
    for column in weights.T:  # the marginal of Dirichlet(4, 4, 4, 4)
        assert stats.kstest(column, stats.beta(4, 12).cdf).pvalue > 0.01
    reports = Counter(point["training.reports"] for point in points)
    assert (
        stats.chisquare(
            [reports[n] for n in (1, 2, 3, 4)], np.diff(stats.beta(2, 2).cdf([0, 0.25, 0.5, 0.75, 1])) * 400
        ).pvalue
        > 0.01
    )


def test_two_parameters_are_independent_of_each_other() -> None:
    points = [point for seed in range(60) for point in design(9, seed)[1:]]
    pair = [[point[name] for point in points] for name in ("training.learning_rate", "training.clip_norm")]
    assert abs(stats.spearmanr(*pair).statistic) < 0.1


def test_searches_differ_by_their_seed_and_name_and_a_point_belongs_to_its_number() -> None:
    assert design(5, 0) == design(9, 0)[:5]
    assert design_point(TREE, 1, FIRST, (0, "arm")) != design_point(TREE, 1, FIRST, (1, "arm"))
    assert design_point(TREE, 1, FIRST, (0, "arm")) != design_point(TREE, 1, FIRST, (0, "other"))


def test_a_parameter_more_leaves_the_others_as_they_are() -> None:
    more = {**TREE, "training": {**TREE["training"], "weight_decay": Uniform(0.0, 0.2)}}
    for before, now in zip(design(8), design(8, tree=more), strict=True):
        assert {name: value for name, value in now.items() if name != "training.weight_decay"} == before


def test_a_space_of_one_point_has_it_at_every_number() -> None:
    assert design(3, tree={"a": Simplex(("de",)), "b": 2}) == [{}, {}, {}]
