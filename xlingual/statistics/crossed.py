"""Closed-form inference on the difference of two arms: units (seeds or searches) crossed with articles.

A repetition of the study would train other models and could be scored on other articles, so both are random effects.
The variance of a difference is the sum of two parts:

- **units**: the variance of the mean over an arm's units, S^2 / R. Units of two arms are independent, unless they are
  paired by their seed, in which case S^2 is the variance of the R differences. An arm with a single unit is assumed
  to vary like the other.
- **articles**: the cluster-robust (linearised ratio) variance of the mean over questions, C / (C - 1) times the sum of
  squared influences of the C articles. An article keeps its questions, its languages and both arms together.

The noise of single answers is in both parts, so an interval is slightly too wide where that noise dominates. Intervals
and p values use Student's t with Satterthwaite's degrees of freedom (Satterthwaite 1946, doi 10.2307/3002019). No
random numbers are drawn: the same scores always give the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from xlingual.errors import DataError

Floats = npt.NDArray[np.float64]

PAIRED_FROM = 3
"""Common seeds from which units are paired: with only two, a paired test rejects a true null hypothesis too often."""


@dataclass(frozen=True, slots=True)
class LanguageScores:
    """Scores of two arms on the questions of one language.

    treatment, baseline: (units, questions) in percent, each with its own number of units; clusters: (questions,) labels
    of the articles. Languages that share a label share the article.
    """

    treatment: npt.ArrayLike
    baseline: npt.ArrayLike
    clusters: Sequence[str]


@dataclass(frozen=True, slots=True)
class Inference:
    """A difference in percentage points, treatment minus baseline.

    Attributes:
        estimate: the difference.
        error: its standard error; None if unknown (a language has fewer than two articles).
        freedom: degrees of freedom; None where `error` is.
        unit_error: the part of `error` due to units; None with a single unit in both arms.
        article_error: the part due to articles.
        units: number of units of the treatment and of the baseline.
        clusters: number of articles.
        correlation: of the units' scores over the two arms, where they are paired.
        deviations: standard deviations of the treatment's and of the baseline's scores over their units; None where
            `unit_error` is.
    """

    estimate: float
    error: float | None
    freedom: float | None
    unit_error: float | None
    article_error: float | None
    units: tuple[int, int]
    clusters: int
    correlation: float | None = None
    deviations: tuple[float, float] | None = None

    @property
    def paired(self) -> bool:
        """Whether units were paired by seed."""
        return self.correlation is not None

    @property
    def decides(self) -> bool:
        """Whether it allows a verdict: at least three units in each arm and two articles."""
        return self.error is not None and min(self.units) >= PAIRED_FROM

    @property
    def p(self) -> float | None:
        """Two-sided p value of no difference; None without a standard error, 0 or 1 if that is zero."""
        if self.error is None or self.freedom is None:
            return None
        if self.error == 0.0:
            return 1.0 if self.estimate == 0.0 else 0.0
        return float(2.0 * stdtr(self.freedom, -abs(self.estimate) / self.error))

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """Bounds of the two-sided interval, neither rounded nor clipped; None without a standard error."""
        if self.error is None or self.freedom is None:
            return None
        reach = self.error * float(stdtrit(self.freedom, (1.0 + confidence) / 2.0)) if self.error else 0.0
        return self.estimate - reach, self.estimate + reach


def infer(
    scores: Mapping[str, LanguageScores],
    targets: Mapping[str, Mapping[str, float]],
    *,
    seeds: tuple[Sequence[int], Sequence[int]] | None = None,
) -> dict[str, Inference]:
    """Difference of two arms for each target, a weighted sum of languages.

    Args:
        scores: by language; languages need not share questions, but all have the same units.
        targets: by name, the weight of each of its languages, such as `{"mean": {"de": 0.5, "th": 0.5}}`.
        seeds: of the treatment's and the baseline's units, where they are paired by seed: from `PAIRED_FROM` common
            seeds on, pairs are taken where every unit has one. None: units are independent, as searches are.

    Raises:
        DataError: when shapes disagree, a score is missing (NaN) or a target names a language without scores.
    """
    tables = {language: _table(language, one) for language, one in scores.items()}
    units = {(len(table.treatment), len(table.baseline)) for table in tables.values()}
    if len(units) > 1:
        raise DataError(f"every language must have the same units, found {', '.join(map(str, sorted(units)))}")
    order = _pairs(seeds)
    return {name: _infer(tables, weights, order) for name, weights in targets.items()}


@dataclass(frozen=True, slots=True)
class _Table:
    """One language: unit means (units,) of both arms, and each article's influence on the difference."""

    treatment: Floats
    baseline: Floats
    influence: dict[str, float]


def _table(language: str, scores: LanguageScores) -> _Table:
    count = len(scores.clusters)
    arms = [_checked(getattr(scores, arm), arm, language, count) for arm in ("treatment", "baseline")]
    names, places = grouped(tuple(scores.clusters))
    gaps = arms[0].mean(axis=0) - arms[1].mean(axis=0)
    influence = np.bincount(places, weights=gaps - gaps.mean(), minlength=len(names)) / count
    return _Table(arms[0].mean(axis=1), arms[1].mean(axis=1), dict(zip(names, influence.tolist(), strict=True)))


@lru_cache(maxsize=32)
def grouped(labels: tuple[str, ...]) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Distinct labels in order, and the index of each question's label among them, (questions,).

    Cached, because the arms and metrics of a study have the same questions.
    """
    names, places = np.unique(np.asarray(labels), return_inverse=True)
    return names.tolist(), places


def _checked(values: npt.ArrayLike, arm: str, language: str, questions: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape or array.shape[1] != questions:
        raise DataError(
            f"{language}: scores of the {arm} must have the shape (units, {questions} questions), found {array.shape}"
        )
    missing = int((~np.isfinite(array)).sum())
    if missing:
        raise DataError(f"{language}: {missing} scores of the {arm} are missing; score every question first")
    return array


def _pairs(seeds: tuple[Sequence[int], Sequence[int]] | None) -> tuple[list[int], list[int]] | None:
    """Order in which units of both arms are paired; None if they are not."""
    if seeds is None or set(seeds[0]) != set(seeds[1]) or len(seeds[0]) < PAIRED_FROM:
        return None
    common = sorted(seeds[0])
    return [list(seeds[0]).index(seed) for seed in common], [list(seeds[1]).index(seed) for seed in common]


def _infer(
    tables: Mapping[str, _Table], weights: Mapping[str, float], order: tuple[list[int], list[int]] | None
) -> Inference:
    absent = [language for language in weights if language not in tables]
    if absent or not weights:
        raise DataError(f"a target needs languages that were scored; {', '.join(absent) or 'none'} was not")
    treatment = np.sum([w * tables[language].treatment for language, w in weights.items()], axis=0)
    baseline = np.sum([w * tables[language].baseline for language, w in weights.items()], axis=0)
    influence: dict[str, float] = {}
    for language, weight in weights.items():
        for article, value in tables[language].influence.items():
            influence[article] = influence.get(article, 0.0) + weight * value
    clusters = len(influence)
    values = np.fromiter(influence.values(), dtype=np.float64)
    known = all(len(tables[language].influence) > 1 for language in weights)  # else an influence of 0 is no finding
    articles = clusters / (clusters - 1) * float(values @ values) if known else None
    parts, correlation = _unit_parts(treatment, baseline, order)
    unit = sum(variance for variance, _ in parts) if parts else None
    terms = [*parts, *([(articles, clusters - 1)] if articles is not None else [])]
    return Inference(
        estimate=float(treatment.mean() - baseline.mean()),
        error=float(np.sqrt(sum(variance for variance, _ in terms))) if known else None,
        freedom=_satterthwaite(terms) if known else None,
        unit_error=None if unit is None else float(np.sqrt(unit)),
        article_error=None if articles is None else float(np.sqrt(articles)),
        units=(len(treatment), len(baseline)),
        clusters=clusters,
        correlation=correlation,
        deviations=_deviations(treatment, baseline) if parts else None,
    )


def _unit_parts(
    treatment: Floats, baseline: Floats, order: tuple[list[int], list[int]] | None
) -> tuple[list[tuple[float, int]], float | None]:
    """Variances of the units' means with their degrees of freedom; empty with a single unit in both arms."""
    more = max(treatment, baseline, key=len)
    if len(more) < 2:
        return [], None
    if min(len(treatment), len(baseline)) < 2:
        return [(float(more.var(ddof=1)) * (1.0 + 1.0 / len(more)), len(more) - 1)], None
    if order is None:
        return [(float(arm.var(ddof=1)) / len(arm), len(arm) - 1) for arm in (treatment, baseline)], None
    first, second = treatment[order[0]], baseline[order[1]]
    constant = first.std() == 0 or second.std() == 0
    correlation = 0.0 if constant else float(np.corrcoef(first, second)[0, 1])
    return [(float((first - second).var(ddof=1)) / len(first), len(first) - 1)], correlation


def _deviations(treatment: Floats, baseline: Floats) -> tuple[float, float]:
    """Variances of both arms' units; a single unit is assumed to vary like the other arm's."""
    more = max(treatment, baseline, key=len)
    first, second = (arm if len(arm) > 1 else more for arm in (treatment, baseline))
    return float(first.std(ddof=1)), float(second.std(ddof=1))


def _satterthwaite(parts: Sequence[tuple[float, int]]) -> float:
    """Degrees of freedom of a sum of independent variances; the smallest of its parts' if all are zero."""
    total = sum(variance for variance, _ in parts)
    if total == 0.0:
        return float(min(freedom for _, freedom in parts))
    return total**2 / sum(variance**2 / freedom for variance, freedom in parts)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p values of one family by Holm's step-down method (1979), so that none is rejected by chance.

    Returns:
        name -> adjusted p value, at most 1; a family-wise error of 5% is kept by calling those below 0.05.
    """
    adjusted: dict[str, float] = {}
    running = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda one: p_values[one])):
        running = max(running, min(1.0, (len(p_values) - place) * p_values[name]))
        adjusted[name] = running
    return adjusted
