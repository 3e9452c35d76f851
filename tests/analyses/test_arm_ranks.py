"""Ranks, tie groups and the probability of outperforming, by hand and against scipy."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xlingual.analyses.arm_ranks import outperforming, probability_of_outperforming, ranking, tie_groups
from xlingual.analyses.study_records import read_records

NAMES = "abcdef"
PAIRS = list(combinations(NAMES, 2))


@given(st.sets(st.sampled_from(PAIRS)))
def test_two_arms_share_a_letter_exactly_if_they_are_not_different(different: set[tuple[str, str]]) -> None:
    letters = tie_groups(NAMES, different)
    for first, second in PAIRS:
        assert bool(set(letters[first]) & set(letters[second])) == ((first, second) not in different)
    assert all(letters.values()) and letters["a"].startswith("a")


def test_letters_of_a_chain() -> None:
    assert tie_groups("xyz", {("x", "z")}) == {"x": "a", "y": "ab", "z": "b"}
    assert tie_groups("xyz", {("x", "y"), ("x", "z")}) == {"x": "a", "y": "b", "z": "b"}


@given(st.lists(st.integers(0, 5), min_size=2, max_size=6), st.lists(st.integers(0, 5), min_size=2, max_size=6))
def test_independent_units_give_mann_and_whitneys_share(first: list[int], second: list[int]) -> None:
    found = np.mean([(a > b) + 0.5 * (a == b) for a, b in product(first, second)])
    u = stats.mannwhitneyu(first, second, method="asymptotic").statistic if len({*first, *second}) > 1 else None
    probability, low, high = probability_of_outperforming(first, second, paired=False)
    assert probability == pytest.approx(found)
    assert u is None or u / (len(first) * len(second)) == pytest.approx(found)
    assert low is not None and high is not None and 0 <= low <= high <= 1


def test_paired_units_are_compared_pair_by_pair_with_the_bootstrap_over_pairs() -> None:
    first, second = [5.0, 3.0, 4.0, 6.0, 1.0], [4.0, 3.0, 6.0, 2.0, 0.0]
    probability, low, high = probability_of_outperforming(first, second, paired=True)
    wins = np.array([1, 0.5, 0, 1, 1])
    assert probability == pytest.approx(wins.mean())
    shares = [np.mean(drawn) for drawn in product(wins, repeat=5)]  # every resample
    assert (low, high) == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])), abs=0.05)
    assert probability_of_outperforming(first, second, paired=True) == (probability, low, high)


def test_a_single_unit_has_no_interval() -> None:
    assert probability_of_outperforming([2.0], [1.0, 3.0], paired=False) == (0.5, None, None)


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Path:
    builder = studies.study_of_searches(tmp_path, {"good": 20.0, "same": 0.0}, questions=24)
    return Path(builder.directory.path)


def test_arms_are_ranked_by_their_mean_and_tied_where_nothing_is_called_different(study: Path) -> None:
    records = read_records(study)
    found = ranking(records)
    means = {name: np.mean(arm.mean("f1")) for name, arm in records.summary.arms.items()}
    assert [one.arm for one in found.arms] == sorted(means, key=lambda name: -means[name])
    assert {one.arm: one.mean for one in found.arms} == pytest.approx(means)
    best, *others = found.arms
    assert (best.arm, best.rank, best.groups) == ("good", 1, "a")
    assert [(one.rank, one.groups) for one in others] == [(2, "b"), (2, "b")]
    to_baseline = records.summary.differences["good"]["mean"]["f1"]
    pair = next(one for one in found.pairs if (one.better, one.other) == ("good", "baseline"))
    assert (pair.estimate, pair.low, pair.high) == (to_baseline.estimate, to_baseline.low, to_baseline.high)
    assert len(found.pairs) == 3 and found.undecided == ()
    assert found.as_json()["arms"][0]["arm"] == "good"


def test_one_search_decides_nothing(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, gains={"webfaq": 40}, seeds=4, searched=True, questions=20)
    found = ranking(read_records(builder.directory.path))
    assert set(found.undecided) == {"baseline", "webfaq"}
    assert [one.groups for one in found.arms] == ["a", "a"] and found.pairs[0].adjusted_p is None


def test_outperforming_is_of_the_compared_arms_means(study: Path) -> None:
    records = read_records(study)
    good, same = outperforming(records)
    assert (good.arm, good.against, good.probability, good.low, good.high) == ("good", "baseline", 1.0, 1.0, 1.0)
    first, second = (records.summary.arms[name].mean("f1") for name in ("same", "baseline"))
    assert same.probability == np.mean([(a > b) + 0.5 * (a == b) for a, b in product(first, second)])
    assert (same.units, same.paired) == ((4, 4), False) and same.as_json()["units"] == (4, 4)


def test_seeds_that_the_report_pairs_are_paired(studies: ModuleType, tmp_path: Path) -> None:
    records = read_records(studies.finished_study(tmp_path, seeds=3, questions=20).directory.path)
    (found,) = outperforming(records)
    first, second = (records.summary.arms[name].mean("f1") for name in ("webfaq", "baseline"))
    assert found.paired and found.probability == np.mean(np.greater(first, second))
