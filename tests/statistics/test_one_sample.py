from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from xlingual.errors import DataError
from xlingual.statistics.one_sample import clustered_mean

LABELS = [f"article {number % 7}" for number in range(30)]


def drawn(questions: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(60, 20, questions)


def test_with_articles_of_equal_size_it_is_the_t_test_of_their_means() -> None:
    scores = drawn(28)
    labels = [f"article {number // 4}" for number in range(28)]
    found = clustered_mean({"de": scores}, {"de": labels}, {"de": 1.0})
    expected = stats.ttest_1samp(scores.reshape(7, 4).mean(axis=1), 0.0)
    assert found.value == pytest.approx(scores.mean())
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()), rel=1e-9)
    assert found.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)), rel=1e-9)


def test_with_unequal_articles_it_is_the_cluster_robust_regression_on_a_constant() -> None:
    """Independent implementation: the sandwich estimator of a regression as matrices, with the factor C / (C - 1)."""
    scores, labels = drawn(30), np.array(LABELS)
    design = np.ones((30, 1))
    bread = np.linalg.inv(design.T @ design)
    residuals = scores - design @ (bread @ design.T @ scores)
    meat = sum(
        np.outer(part, part)
        for name in sorted(set(LABELS))
        for part in [design[labels == name].T @ residuals[labels == name]]
    )
    expected = float(np.sqrt((bread @ meat @ bread)[0, 0] * 7 / 6))
    found = clustered_mean({"de": scores}, {"de": LABELS}, {"de": 1.0})
    assert (found.error, found.clusters) == (pytest.approx(expected, rel=1e-9), 7)


def test_a_mean_of_parallel_languages_is_that_of_their_averaged_scores() -> None:
    scores = {"de": drawn(30), "th": drawn(30, seed=1)}
    clusters = dict.fromkeys(scores, LABELS)
    mean = clustered_mean(scores, clusters, {"de": 0.5, "th": 0.5})
    averaged = clustered_mean({"one": (scores["de"] + scores["th"]) / 2}, {"one": LABELS}, {"one": 1.0})
    assert (mean.value, mean.error) == pytest.approx((averaged.value, averaged.error), rel=1e-12)


def test_languages_of_other_questions_add_up_by_the_articles_that_they_share() -> None:
    scores = {"de": drawn(30), "th": drawn(12, seed=1)}
    apart = {"de": LABELS, "th": [f"other {number % 4}" for number in range(12)]}
    mean = clustered_mean(scores, apart, {"de": 0.5, "th": 0.5})
    assert mean.clusters == 11
    influences = []
    for code, labels in apart.items():
        gaps = (scores[code] - scores[code].mean()) / len(labels) / 2
        influences += [sum(g for g, label in zip(gaps, labels, strict=True) if label == n) for n in sorted(set(labels))]
    assert mean.error == pytest.approx(np.sqrt(11 / 10 * np.square(influences).sum()))


def test_one_article_gives_a_mean_and_no_error() -> None:
    found = clustered_mean({"de": drawn(5)}, {"de": ["one"] * 5}, {"de": 1.0})
    assert (found.error, found.interval(), found.clusters) == (None, None, 1)


def test_a_mean_over_a_language_with_one_article_has_no_error() -> None:
    scores, weights = {"de": drawn(5), "th": drawn(30)}, {"de": 0.5, "th": 0.5}
    for labels in (["other"] * 5, [LABELS[0]] * 5):  # an article of its own, or one that th has too
        found = clustered_mean(scores, {"de": labels, "th": LABELS}, weights)
        assert (found.error, found.interval()) == (None, None)
        assert found.value == pytest.approx((scores["de"].mean() + scores["th"].mean()) / 2)
    apart = clustered_mean(scores, {"de": ["one"] * 5, "th": ["two"] * 30}, weights)
    assert (apart.error, apart.clusters) == (None, 2)


def test_equal_scores_have_no_width() -> None:
    found = clustered_mean({"de": np.full(30, 70.0)}, {"de": LABELS}, {"de": 1.0})
    assert (found.error, found.interval()) == (0.0, (70.0, 70.0))


def test_a_language_without_scores_or_labels_is_an_error() -> None:
    with pytest.raises(DataError, match="th: found 0 scores and 0 clusters"):
        clustered_mean({"de": drawn(30)}, {"de": LABELS}, {"de": 0.5, "th": 0.5})
    with pytest.raises(DataError, match="de: found 30 scores and 29 clusters"):
        clustered_mean({"de": drawn(30)}, {"de": LABELS[1:]}, {"de": 1.0})


def test_its_interval_covers_the_mean_of_all_articles_in_most_samples() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        articles = generator.normal(60, 6, 48)
        labels = np.repeat(np.arange(48), generator.integers(5, 40, 48))
        scores = articles[labels] + generator.normal(0, 30, len(labels))
        bounds = clustered_mean({"de": scores}, {"de": [str(one) for one in labels]}, {"de": 1.0}).interval()
        covered += bounds is not None and bounds[0] <= 60 <= bounds[1]
    assert 0.91 <= covered / 400 <= 0.98
