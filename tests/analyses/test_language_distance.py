"""Facts of languages, and correlations with them, against scipy."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean
from types import ModuleType

import pytest
from scipy import stats

from xlingual.analyses.language_distance import (
    LIKENESSES,
    distance_correlations,
    group_means,
    language_facts,
    pearson,
    unknown_languages,
)
from xlingual.errors import DataError
from xlingual.report.summary import Summary, summarize
from xlingual.study.benchmarks import BENCHMARKS


@pytest.fixture(scope="module")
def summary(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    test = {"languages": ["en", "de", "es", "hi", "th", "tr"]}
    builder = studies.finished_study(tmp_path_factory.mktemp("s"), test=test, questions=10, gains={"webfaq": 3})
    return summarize(builder.directory.path)


def test_every_language_of_every_known_test_set_has_facts() -> None:
    facts = language_facts()
    assert {language for one in BENCHMARKS.values() for language in one.languages} <= facts.keys()
    assert set(facts["en"].likeness.values()) == {1.0}
    assert all(0 <= value <= 1 for one in facts.values() for value in one.likeness.values())
    assert (facts["th"].family, facts["th"].script, facts["th"].word_order) == ("Tai-Kadai", "Thai", "SVO")
    assert facts["de"].likeness == {
        "syntax": 0.9025, "phonology": 0.8058, "inventory": 0.7628, "genetic": 0.5443, "geography": 0.9976,
    }  # fmt: skip


def test_correlations_are_pearsons_and_spearmans_over_the_languages_but_the_source(summary: Summary) -> None:
    found = {(one.arm, one.of, one.likeness): one for one in distance_correlations(summary)}
    assert len(found) == 3 * len(LIKENESSES)
    one = found["baseline", "score", "syntax"]
    facts = language_facts()
    places = [facts[language].likeness["syntax"] for language in summary.targets]
    scores = [fmean(summary.arms["baseline"].scores[language].of("f1")) for language in summary.targets]
    assert [point[0] for point in one.points] == list(summary.targets) and one.languages == 5
    assert one.pearson == pytest.approx(stats.pearsonr(places, scores).statistic)
    expected = stats.pearsonr(places, scores).confidence_interval(0.95)
    assert (one.low, one.high) == pytest.approx((expected.low, expected.high))
    assert one.spearman == pytest.approx(stats.spearmanr(places, scores).statistic)
    gain = found["webfaq", "difference", "syntax"]
    gaps = [summary.differences["webfaq"][language]["f1"].estimate for language in summary.targets]
    assert [point[2] for point in gain.points] == gaps
    assert one.as_json()["languages"] == 5


def test_groups_are_families_scripts_and_word_orders(summary: Summary) -> None:
    found = {(one.arm, one.kind, one.group): one for one in group_means(summary)}
    latin = found["webfaq", "script", "Latin"]
    assert latin.languages == ("de", "es", "tr")
    assert latin.score == pytest.approx(
        fmean(fmean(summary.arms["webfaq"].scores[c].of("f1")) for c in latin.languages)
    )
    gaps = [summary.differences["webfaq"][code]["f1"].estimate for code in latin.languages]
    assert latin.difference == pytest.approx(fmean(gaps))
    assert found["baseline", "word_order", "SOV"].languages == ("hi", "tr")
    assert found["baseline", "family", "Turkic"].difference is None


def test_languages_without_facts_are_named(studies: ModuleType, tmp_path: Path) -> None:
    some = studies.finished_study(tmp_path, test={"languages": ["en", "de", "xh"]}, questions=5)
    summary = summarize(some.directory.path)
    assert unknown_languages(summary) == ("xh",)
    assert {one.languages for one in distance_correlations(summary)} == {1}
    none = studies.finished_study(tmp_path / "none", test={"languages": ["en", "xh"]}, questions=5)
    with pytest.raises(DataError, match="no facts are shipped of xh; known are en, ar"):
        distance_correlations(summarize(none.directory.path))


def test_another_source_language_is_refused(studies: ModuleType, tmp_path: Path) -> None:
    german = studies.finished_study(
        tmp_path, test={"languages": ["de", "en"]}, data={"source_language": "de"}, questions=5
    )
    with pytest.raises(DataError, match="likenesses to English, and this study is trained in 'de'"):
        group_means(summarize(german.directory.path))


def test_what_cannot_be_known_is_none() -> None:
    assert pearson([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == (None, None, None)
    assert pearson([1.0] * 4, [1.0, 2.0, 3.0, 4.0]) == (None, None, None)
    r, low, high = pearson([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])
    assert r is not None and math.isclose(r, 1.0) and low == high == r
