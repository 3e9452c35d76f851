"""Rank correlations of development with test scores: against scipy, and over replicates of a study."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import pytest
from scipy import stats

from xlingual.analyses.selection_signal import rank_correlation, selection_signals
from xlingual.analyses.study_records import StudyRecords, read_records

FIRST, SECOND = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [2.0, 1.0, 4.0, 3.0, 7.0, 5.0, 6.0]


def test_it_is_spearmans_with_fiellers_interval() -> None:
    found = rank_correlation(FIRST, SECOND)
    expected = stats.spearmanr(FIRST, SECOND)
    assert (found.rho, found.p, found.n) == (
        pytest.approx(expected.statistic), pytest.approx(expected.pvalue), 7,
    )  # fmt: skip
    reach = 1.959963984540054 * math.sqrt(1.06 / 4)
    assert found.low == pytest.approx(math.tanh(math.atanh(found.rho) - reach))
    assert found.high == pytest.approx(math.tanh(math.atanh(found.rho) + reach))


def test_what_cannot_be_known_is_none() -> None:
    assert rank_correlation([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).rho is None
    assert rank_correlation([1.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]).rho is None
    perfect = rank_correlation([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])
    assert (perfect.rho, perfect.low, perfect.high) == (1.0, 1.0, 1.0)


@pytest.fixture
def records(studies: ModuleType, tmp_path: Path) -> StudyRecords:
    """Two arms of four seeds; in German the order of test scores is that of `webfaq_dev`, in Thai the reverse."""
    builder = studies.StudyBuilder(
        tmp_path, test={"languages": ["en", "de", "th"]}, replicates={"searches": 1, "seeds": 4}
    )
    builder.search()
    for arm, level in (("baseline", 0), ("webfaq", 20)):
        for seed in (1, 2, 3, 4):
            builder.replicate(arm, seed)
            webfaq = {"mean_f1": 30.0 + level + seed, "f1": {"de": 31.0 + level + seed}}
            builder.reports(arm, seed, {250: 0.0, 500: 70.0 - seed}, webfaq_dev=webfaq)
            scores = {"en": 80.0, "de": 50.0 + level + seed, "th": 40.0 - 2 * seed + level}
            builder.score(arm, seed, {code: studies.rows([score] * 3) for code, score in scores.items()})
            event = {language: {"f1": score, "questions": 3} for language, score in scores.items()}
            fingerprint = f"{arm}-1-seed-{seed}"
            builder.event("test_scored", arm=arm, seed=seed, fingerprint=fingerprint, set="xquad", scores=event)
    return read_records(builder.directory.path)


def test_every_development_score_of_the_last_report_is_compared_with_every_test_score(records: StudyRecords) -> None:
    found = {(one.development, one.test): one for one in selection_signals(records)}
    names = ("objective", "webfaq_dev.mean_f1", "webfaq_dev.f1.de")  # f1 is the objective
    assert list(found) == [(name, test) for test in ("mean", "en", "de", "th") for name in names]
    german = found["webfaq_dev.mean_f1", "de"]
    assert (german.overall.rho, german.within_arms.rho) == (1.0, 1.0)
    assert found["webfaq_dev.mean_f1", "th"].within_arms.rho == -1.0
    assert found["objective", "mean"].selects and not german.selects
    assert found["objective", "de"].within_arms.rho == -1.0
    assert found["objective", "en"].overall.rho is None
    assert german.points[0] == ("baseline", 1, 31.0, 51.0)
    assert german.overall.n == 8 and german.within_arms.n == 7
    assert german.as_json()["overall"]["rho"] == 1.0


def test_the_mean_of_the_test_is_over_all_languages_but_the_source(records: StudyRecords) -> None:
    point = selection_signals(records)[0].points[0]
    assert point == ("baseline", 1, 69.0, pytest.approx((51.0 + 38.0) / 2))
