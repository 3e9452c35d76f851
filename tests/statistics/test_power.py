from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from xlingual.errors import DataError
from xlingual.statistics.crossed import LanguageScores, infer
from xlingual.statistics.power import Comparison, Units, detectable, more_units, power

FOUR_SEARCHES = Comparison(Units(1.6, 4), Units(1.6, 4), article_error=0.5, clusters=48)


def simulated(effect: float, comparison: Comparison, level: float = 0.05, studies: int = 20_000) -> float:
    """Independent implementation of the share of studies with a verdict: normal scores, Satterthwaite, scipy's t."""
    generator = np.random.default_rng(0)
    first, second = comparison.treatment, comparison.baseline
    arms = [generator.normal(0, arm.sd, (studies, arm.count)) for arm in (first, second)]
    freedom = comparison.clusters - 1
    articles = comparison.article_error**2 * generator.chisquare(freedom, studies) / freedom
    variances = [arm.var(axis=1, ddof=1) / arm.shape[1] for arm in arms]
    total = variances[0] + variances[1] + articles
    degrees = total**2 / (
        variances[0] ** 2 / (first.count - 1) + variances[1] ** 2 / (second.count - 1) + articles**2 / freedom
    )
    estimates = effect + arms[0].mean(axis=1) - arms[1].mean(axis=1)
    estimates += generator.normal(0, comparison.article_error, studies)
    return float((2 * stats.t(degrees).sf(np.abs(estimates) / np.sqrt(total)) < level).mean())


@pytest.mark.parametrize(
    "comparison",
    [
        FOUR_SEARCHES,
        Comparison(Units(0.9, 3), Units(0.9, 3), 0.5, 48),
        Comparison(Units(3.0, 5), Units(1.0, 8), 1.1, 48),
        Comparison(Units(1.0, 4), Units(1.0, 4), 1.0, 4),
    ],
)
@pytest.mark.parametrize("level", [0.05, 0.05 / 3])
def test_the_detectable_difference_is_found_in_four_of_five_simulated_studies(
    comparison: Comparison, level: float
) -> None:
    effect = detectable(comparison, level=level)
    assert power(effect, comparison, level=level) == pytest.approx(0.8, abs=1e-9)
    assert simulated(effect, comparison, level) == pytest.approx(0.8, abs=0.011)  # four standard errors
    assert simulated(0.0, comparison, level) == pytest.approx(power(0.0, comparison, level=level), abs=0.007)


def test_the_true_degrees_of_freedom_alone_would_promise_too_much() -> None:
    parts = FOUR_SEARCHES.parts
    total = sum(variance for variance, _ in parts)
    freedom = total**2 / sum(variance**2 / degrees for variance, degrees in parts)
    reach = stats.t(freedom).ppf(1 - 0.05 / 6)
    effect = detectable(FOUR_SEARCHES, level=0.05 / 3)
    assert stats.nct(freedom, effect / math.sqrt(total)).sf(reach) > 0.83


def test_it_agrees_with_whole_score_tables_and_the_inference_of_the_report() -> None:
    generator = np.random.default_rng(0)
    units, clusters, unit_sd, article_sd = 5, 48, 0.9, 3.0
    comparison = Comparison(Units(unit_sd, units), Units(unit_sd, units), article_sd / math.sqrt(clusters), clusters)
    effect = detectable(comparison)
    found = 0
    for _ in range(400):
        articles = generator.normal(0, article_sd, clusters)
        arms = [generator.normal(50, unit_sd, (units, 1)) + np.zeros((1, clusters)) for _ in range(2)]
        cell = LanguageScores(arms[0] + articles + effect, arms[1], [str(number) for number in range(clusters)])
        p = infer({"de": cell}, {"de": {"de": 1.0}})["de"].p
        found += p is not None and p < 0.05
    assert found / 400 == pytest.approx(0.8, abs=0.06)  # three standard errors


@pytest.mark.parametrize("effect", [0.0, 0.7, 2.0, 5.0])
def test_with_one_variance_it_is_the_noncentral_t_distribution(effect: float) -> None:
    paired = Comparison(Units(1.2, 5), Units(1.2, 5), article_error=0.0, clusters=48, correlation=0.6)
    error = 1.2 * math.sqrt(2 * 0.4 / 5)
    reach = stats.t(4).ppf(0.975)
    beyond = stats.nct(4, effect / error).sf(reach)
    expected = beyond + (stats.nct(4, effect / error).cdf(-reach) if effect < 2 else 0.0)  # nan far out in scipy 1.17
    assert paired.error == pytest.approx(error)
    assert power(effect, paired) == pytest.approx(expected, abs=1e-5)
    assert power(-effect, paired) == power(effect, paired)


def test_more_units_detect_less_until_the_articles_decide() -> None:
    sizes = [detectable(Comparison(Units(0.92, n), Units(0.92, n), 0.49, 48)) for n in (3, 4, 5, 10, 20, 1000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == pytest.approx(0.49 * (stats.t(47).ppf(0.975) + stats.t(47).ppf(0.8)), rel=0.02)


def test_the_number_of_more_units_is_the_smallest_that_is_enough() -> None:
    more = more_units(2.5, FOUR_SEARCHES)
    assert more is not None and more > 0
    assert power(2.5, FOUR_SEARCHES.with_more(more)) >= 0.8 > power(2.5, FOUR_SEARCHES.with_more(more - 1))
    assert FOUR_SEARCHES.with_more(more).treatment.count == 4 + more


def test_a_large_difference_needs_no_more_units_and_a_small_one_more_articles() -> None:
    assert more_units(20.0, FOUR_SEARCHES) == 0
    assert more_units(1.0, FOUR_SEARCHES) is None
    assert more_units(0.0, FOUR_SEARCHES) is None


def test_without_any_variance_every_difference_is_found() -> None:
    sure = Comparison(Units(0.0, 4), Units(0.0, 4), article_error=0.0, clusters=48)
    assert (detectable(sure), power(0.1, sure), power(0.0, sure), more_units(0.1, sure)) == (0.0, 1.0, 0.0, 0)


@pytest.mark.parametrize("short", [{"treatment": Units(1.0, 1)}, {"clusters": 1}])
def test_one_unit_or_one_article_is_refused(short: dict[str, object]) -> None:
    with pytest.raises(DataError, match="two units in each arm and two articles, found"):
        detectable(replace(FOUR_SEARCHES, **short))  # type: ignore[arg-type]
