from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xlingual.errors import DataError
from xlingual.statistics.crossed import Inference, LanguageScores, holm, infer

QUESTIONS, ARTICLES = 24, 6
LABELS = [f"article {number % ARTICLES}" for number in range(QUESTIONS)]


def drawn(units: tuple[int, int] = (4, 3), seed: int = 0, labels: list[str] = LABELS) -> LanguageScores:
    generator = np.random.default_rng(seed)
    treatment, baseline = (generator.normal(50, 20, (count, len(labels))) for count in units)
    return LanguageScores(treatment, baseline, labels)


def one(scores: LanguageScores, seeds: tuple[list[int], list[int]] | None = None) -> Inference:
    return infer({"de": scores}, {"de": {"de": 1.0}}, seeds=seeds)["de"]


def by_hand(scores: dict[str, LanguageScores], weights: dict[str, float]) -> tuple[float, float, float]:
    """Independent estimate, standard error and degrees of freedom of unpaired units: loops over answers."""
    arms: list[list[float]] = [[], []]
    for arm, name in enumerate(("treatment", "baseline")):
        for unit in range(len(np.asarray(getattr(next(iter(scores.values())), name)))):
            total = 0.0
            for language, weight in weights.items():
                row = list(np.asarray(getattr(scores[language], name))[unit])
                total += weight * sum(row) / len(row)
            arms[arm].append(total)
    influence: dict[str, float] = {}
    for language, weight in weights.items():
        cell = scores[language]
        first, second = np.asarray(cell.treatment), np.asarray(cell.baseline)
        gaps = [sum(first[:, q]) / len(first) - sum(second[:, q]) / len(second) for q in range(len(cell.clusters))]
        middle = sum(gaps) / len(gaps)
        for gap, label in zip(gaps, cell.clusters, strict=True):
            influence[label] = influence.get(label, 0.0) + weight * (gap - middle) / len(gaps)
    parts = [(float(np.var(arm, ddof=1)) / len(arm), len(arm) - 1) for arm in arms]
    count = len(influence)
    parts.append((sum(value**2 for value in influence.values()) * count / (count - 1), count - 1))
    total_variance = sum(variance for variance, _ in parts)
    freedom = total_variance**2 / sum(variance**2 / degrees for variance, degrees in parts)
    return sum(arms[0]) / len(arms[0]) - sum(arms[1]) / len(arms[1]), math.sqrt(total_variance), freedom


def test_it_agrees_with_a_second_implementation_also_where_languages_share_only_some_articles() -> None:
    scores = {
        "de": drawn(seed=1),
        "th": drawn(seed=2, labels=[f"article {number % 9}" for number in range(30)]),
        "fi": drawn(seed=3, labels=["only here", "and here"] * 5),
    }
    weights = {"de": 0.5, "th": 0.3, "fi": 0.2}
    found = infer(scores, {"mean": weights})["mean"]
    estimate, error, freedom = by_hand(scores, weights)
    assert (found.estimate, found.error, found.freedom) == pytest.approx((estimate, error, freedom), rel=1e-12)
    assert found.clusters == 11
    reach = stats.t(freedom).ppf(0.975) * error
    assert found.interval() == pytest.approx((estimate - reach, estimate + reach), rel=1e-12)
    assert found.p == pytest.approx(2 * stats.t(freedom).sf(abs(estimate) / error), rel=1e-10)


def without_articles(treatment: list[float], baseline: list[float]) -> LanguageScores:
    """Every question of a unit has the same score: articles make no difference."""
    arms = [np.repeat(np.array(arm)[:, None], 4, axis=1) for arm in (treatment, baseline)]
    return LanguageScores(arms[0], arms[1], ["a", "a", "b", "b"])


TREATMENT, BASELINE = [61.0, 64.5, 60.2, 63.9], [58.1, 60.4, 57.7, 61.0]


def test_without_article_effects_it_is_welchs_test() -> None:
    found = one(without_articles(TREATMENT, BASELINE[:3]))
    expected = stats.ttest_ind(TREATMENT, BASELINE[:3], equal_var=False)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)), rel=1e-9)


def test_paired_by_seed_it_is_the_paired_test_whatever_the_order_of_the_seeds() -> None:
    scores = without_articles(TREATMENT, BASELINE[::-1])
    found = one(scores, ([1, 2, 3, 4], [4, 3, 2, 1]))
    expected = stats.ttest_rel(TREATMENT, BASELINE)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()), rel=1e-9)
    assert found.correlation == pytest.approx(np.corrcoef(TREATMENT, BASELINE)[0, 1])


def test_with_one_unit_it_is_a_test_over_articles_of_equal_size_and_decides_nothing() -> None:
    scores = drawn((1, 1))
    gaps = (np.asarray(scores.treatment) - np.asarray(scores.baseline))[0].reshape(-1, ARTICLES).mean(axis=0)
    found = one(scores)
    assert found.p == pytest.approx(stats.ttest_1samp(gaps, 0.0).pvalue, rel=1e-9)
    assert found.unit_error is None
    assert not found.decides


@pytest.mark.parametrize("swapped", [False, True])
def test_one_unit_against_five_keeps_what_the_five_vary_by(swapped: bool) -> None:
    five = [58.1, 60.4, 57.7, 61.0, 59.2]
    found = one(without_articles(five, [62.0]) if swapped else without_articles([62.0], five))
    expected = stats.ttest_ind([62.0], five)  # pooled variance: only of the five, with four degrees of freedom
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.freedom == pytest.approx(4.0)
    assert not found.decides


@pytest.mark.parametrize(("units", "decides"), [((1, 5), False), ((2, 2), False), ((3, 3), True), ((5, 2), False)])
def test_nothing_is_decided_with_fewer_than_three_units(units: tuple[int, int], decides: bool) -> None:
    assert one(drawn(units)).decides is decides


@pytest.mark.parametrize("seeds", [([1, 2], [1, 2]), ([1, 2, 3], [1, 2, 4]), ([1, 2, 3], [1, 2, 3, 4])])
def test_units_without_a_partner_each_or_fewer_than_three_are_not_paired(seeds: tuple[list[int], list[int]]) -> None:
    scores = drawn((len(seeds[0]), len(seeds[1])))
    assert one(scores, seeds) == one(scores)
    assert not one(scores, seeds).paired


def test_a_single_article_gives_an_estimate_and_nothing_else() -> None:
    found = one(drawn(labels=["one"] * 8))
    assert (found.error, found.p, found.interval(), found.decides) == (None, None, None, False)
    assert math.isfinite(found.estimate)


def test_a_mean_over_a_language_with_one_article_gives_an_estimate_and_nothing_else() -> None:
    scores = {"de": drawn(labels=["one"] * 8), "th": drawn(seed=1)}
    found = infer(scores, {"mean": {"de": 0.5, "th": 0.5}, "th": {"th": 1.0}})
    mean = found["mean"]
    assert (mean.error, mean.p, mean.interval(), mean.decides) == (None, None, None, False)
    assert found["th"].decides


def test_identical_scores_have_p_one_and_a_width_of_zero() -> None:
    scores = np.full((3, QUESTIONS), 70.0)
    found = one(LanguageScores(scores, scores, LABELS))
    assert (found.p, found.interval()) == (1.0, (0.0, 0.0))


def test_the_same_scores_give_the_same_verdict_in_any_order_of_questions_and_units() -> None:
    scores = drawn()
    order = np.random.default_rng(5).permutation(QUESTIONS)
    shuffled = LanguageScores(
        np.asarray(scores.treatment)[::-1][:, order],
        np.asarray(scores.baseline)[:, order],
        [LABELS[index] for index in order],
    )
    first, second = one(scores), one(shuffled)
    assert (second.estimate, second.error, second.freedom) == pytest.approx(
        (first.estimate, first.error, first.freedom), rel=1e-9
    )


def test_one_missing_score_is_an_error_that_names_language_and_arm() -> None:
    treatment = np.asarray(drawn().treatment).copy()
    treatment[0, 3] = np.nan
    with pytest.raises(DataError, match=r"de: 1 scores of the treatment are missing"):
        one(LanguageScores(treatment, drawn().baseline, LABELS))


def test_a_language_that_was_not_scored_is_an_error() -> None:
    with pytest.raises(DataError, match="th was not"):
        infer({"de": drawn()}, {"mean": {"de": 0.5, "th": 0.5}})


def test_languages_with_other_numbers_of_units_are_an_error() -> None:
    with pytest.raises(DataError, match=r"same units, found \(3, 3\), \(4, 3\)"):
        infer({"de": drawn(), "th": drawn((3, 3))}, {"de": {"de": 1.0}})


def test_holm_is_the_published_procedure() -> None:
    # Holm (1979): the smallest of four times four, the next times three, never below the one before.
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06}
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_goes_below_the_p_value_nor_above_bonferroni(values: list[float]) -> None:
    adjusted = holm({str(place): value for place, value in enumerate(values)})
    for place, value in enumerate(values):
        assert value <= adjusted[str(place)] <= min(1.0, len(values) * value) + 1e-12
