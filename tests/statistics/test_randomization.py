from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from scipy import stats

from xlingual.errors import DataError
from xlingual.statistics import randomization
from xlingual.statistics.crossed import LanguageScores, infer
from xlingual.statistics.randomization import article_shares, randomization_p


def drawn(articles: int, effect: float = 0.3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(effect, 1.0, articles) / articles


@pytest.mark.parametrize("articles", [1, 2, 5, 11])
def test_few_articles_are_all_exchanged(articles: int) -> None:
    shares = drawn(articles)
    sums = [abs(float(np.dot(signs, shares))) for signs in itertools.product((-1, 1), repeat=articles)]
    expected = sum(one >= abs(shares.sum()) * (1 - 1e-9) for one in sums) / 2**articles
    assert randomization_p(shares) == expected


@pytest.mark.parametrize("seed", range(4))
def test_it_is_scipys_permutation_test(seed: int) -> None:
    shares = drawn(12, seed=seed)
    exact = stats.permutation_test((shares,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert randomization_p(shares) == pytest.approx(exact.pvalue, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_grid_gives_what_counting_gives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = drawn(16, seed=seed)
    counted = randomization_p(shares)
    monkeypatch.setattr(randomization, "COUNTED", 0)
    assert randomization_p(shares) == pytest.approx(counted, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_forty_eight_articles_agree_with_a_sample_of_exchanges(seed: int) -> None:
    shares = drawn(48, seed=seed)
    signs = np.random.default_rng(1).choice([-1.0, 1.0], (40_000, 48))
    sampled = float((np.abs(signs @ shares) >= abs(shares.sum())).mean())
    assert randomization_p(shares) == pytest.approx(sampled, abs=4 * np.sqrt(0.25 / 40_000))


def test_the_normal_distribution_goes_on_where_the_grid_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = drawn(900, effect=0.06)
    convolved = randomization_p(shares)
    monkeypatch.setattr(randomization, "CONVOLVED", 100)
    assert randomization_p(shares) == pytest.approx(convolved, abs=2e-3)


def test_the_shares_of_all_articles_are_the_difference() -> None:
    generator = np.random.default_rng(0)
    labels = [f"article {number % 5}" for number in range(17)]
    scores = {
        language: LanguageScores(generator.normal(50, 20, (4, 17)), generator.normal(50, 20, (3, 17)), labels)
        for language in ("de", "th")
    }
    weights = {"de": 0.5, "th": 0.5}
    shares = article_shares(scores, weights)
    assert len(shares) == 5
    assert shares.sum() == pytest.approx(infer(scores, {"mean": weights})["mean"].estimate)
    with pytest.raises(DataError, match="fi was not"):
        article_shares(scores, {"fi": 1.0})


def test_identical_scores_and_articles_that_cancel_have_p_one() -> None:
    assert randomization_p(np.zeros(48)) == 1.0
    assert randomization_p([1.0, -1.0] * 24) == 1.0


def test_it_is_the_same_for_the_same_scores_in_any_order() -> None:
    shares = drawn(48)
    assert randomization_p(shares[::-1]) == pytest.approx(randomization_p(shares), rel=1e-9)
    assert randomization_p(-shares) == randomization_p(shares)


def test_a_hundred_thousand_questions_of_many_articles_take_no_time() -> None:
    generator = np.random.default_rng(0)
    labels = [f"article {number // 20}" for number in range(100_000)]
    one = LanguageScores(generator.normal(50, 20, (5, 100_000)), generator.normal(50, 20, (5, 100_000)), labels)
    scores = dict.fromkeys(("de", "th", "zh"), one)
    weights = dict.fromkeys(scores, 1 / 3)
    started = time.perf_counter()
    assert infer(scores, {"mean": weights})["mean"].clusters == 5_000
    assert 0 < randomization_p(article_shares(scores, weights)) < 1
    assert time.perf_counter() - started < 5  # measured: 0.2 seconds
