"""Which development signal predicts the test: rank correlations over a study's replicates.

A search selects by a development score and a reader cares for the test. Keung et al. (2020, arXiv 2004.15001) found
that English development scores hardly say which of several models is best in other languages. Each replicate has both:
the development scores of its last report, and its scores on the test set. Spearman's rank correlation is shown over all
replicates, and within arms, where both are ranked after each arm's mean was taken off: the first says whether a signal
tells arms apart, the second whether it tells models of the same arm apart.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, NamedTuple

from scipy import stats

from xlingual.analyses.study_records import StudyRecords
from xlingual.records import journal
from xlingual.records.state import ReplicateState
from xlingual.report.differences import MEAN

OBJECTIVE = "objective"
LEAST = 4
"""Replicates below which a rank correlation says nothing."""


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's correlation, its interval and p value; None with too few replicates or where one side is constant.

    The interval is Fisher's with the variance 1.06 / (n - 3) of Fieller, Hartley and Pearson (1957). Within arms, n is
    the number of replicates less that of arms, plus one.
    """

    rho: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int


class ScoredReplicate(NamedTuple):
    """A replicate with its development and its test score, in percent."""

    arm: str
    seed: int
    development: float
    test: float


@dataclass(frozen=True, slots=True)
class Signal:
    """One development score against one test score, both in percent.

    Attributes:
        development: name of the score in reports: "f1", "webfaq_dev.mean_f1", "webfaq_dev.f1.de".
        test: a language, or "mean" over all but the source.
        selects: whether the study's searches selected by it.
        overall: over all replicates.
        within_arms: after each arm's mean was taken off both.
        points: the replicates.
    """

    development: str
    test: str
    selects: bool
    overall: RankCorrelation
    within_arms: RankCorrelation
    points: tuple[ScoredReplicate, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def selection_signals(records: StudyRecords) -> tuple[Signal, ...]:
    """Every development score of the replicates against every test score, those of the test's mean first.

    A score that equals the objective everywhere is left out: it is the objective.
    """
    summary = records.summary
    scored = [one for one in records.state.replicates if summary.test_set in one.scores]
    developed = {one.fingerprint: _last_report(records, one) for one in scored}
    names = [
        name
        for name in dict.fromkeys(name for scores in developed.values() for name in scores)
        if name == OBJECTIVE or any(scores.get(name) != scores.get(OBJECTIVE) for scores in developed.values())
    ]
    tested = {one.fingerprint: _test_scores(records, one) for one in scored}
    found = []
    for test in [*([MEAN] if summary.targets else []), *summary.languages]:
        for name in names:
            points = tuple(
                ScoredReplicate(one.arm, one.seed, developed[one.fingerprint][name], tested[one.fingerprint][test])
                for one in scored
                if name in developed[one.fingerprint] and test in tested[one.fingerprint]
            )
            found.append(_signal(name, test, name == OBJECTIVE, points))
    return tuple(found)


def _signal(name: str, test: str, selects: bool, points: tuple[ScoredReplicate, ...]) -> Signal:
    development, scores = [point.development for point in points], [point.test for point in points]
    arms = [point.arm for point in points]
    within = rank_correlation(_centred(arms, development), _centred(arms, scores), fewer=max(0, len(set(arms)) - 1))
    return Signal(name, test, selects, rank_correlation(development, scores), within, points)


def rank_correlation(first: Sequence[float], second: Sequence[float], fewer: int = 0) -> RankCorrelation:
    """Spearman's correlation of two equally long samples.

    Args:
        first: scores.
        second: scores.
        fewer: degrees of freedom that were spent before, as on the means of arms.
    """
    n = len(first) - fewer
    if n < LEAST or len(set(first)) < 2 or len(set(second)) < 2:
        return RankCorrelation(None, None, None, None, n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        rho = float(stats.spearmanr(first, second).statistic)
    if abs(rho) >= 1.0:
        return RankCorrelation(rho, rho, rho, 0.0, n)
    reach = float(stats.norm.ppf(0.975)) * math.sqrt(1.06 / (n - 3))
    t = rho * math.sqrt((n - 2) / (1.0 - rho**2))
    p = float(2.0 * stats.t.sf(abs(t), n - 2))
    return RankCorrelation(rho, math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach), p, n)


def _centred(arms: Sequence[str], scores: Sequence[float]) -> list[float]:
    means = {arm: fmean(score for one, score in zip(arms, scores, strict=True) if one == arm) for arm in set(arms)}
    return [round(score - means[arm], 9) for arm, score in zip(arms, scores, strict=True)]  # equal ones stay equal


def _last_report(records: StudyRecords, replicate: ReplicateState) -> dict[str, float]:
    """Development scores of a replicate's last report, by name; the objective first."""
    reports = journal.read(records.place.trial(replicate.fingerprint).reports)
    return dict(_scores(records, reports[-1])) if reports else {}


def _scores(records: StudyRecords, report: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    names = (OBJECTIVE, *records.summary.metrics.ranked)
    yield from ((name, float(report[name])) for name in names if name in report)
    for name, value in (report.get("webfaq_dev") or {}).items():
        if isinstance(value, Mapping):
            yield from ((f"webfaq_dev.{name}.{language}", float(score)) for language, score in value.items())
        else:
            yield f"webfaq_dev.{name}", float(value)


def _test_scores(records: StudyRecords, replicate: ReplicateState) -> dict[str, float]:
    """Headline scores of one replicate by language, and their mean over all but the source.

    From the journal, where every replicate has its own; the report averages the seeds of a search.
    """
    summary = records.summary
    by_language = replicate.scores[summary.test_set]
    found = {
        language: float(by_language[language][summary.headline])
        for language in summary.languages
        if summary.headline in by_language.get(language, {})
    }
    if summary.targets and all(language in found for language in summary.targets):
        found[MEAN] = fmean(found[language] for language in summary.targets)
    return found
