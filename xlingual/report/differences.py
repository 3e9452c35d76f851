"""Differences between each arm and the one it is compared with: intervals, p values and verdicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xlingual.errors import RecordError
from xlingual.report.scores import Questions, TestScores
from xlingual.statistics.crossed import PAIRED_FROM, Inference, LanguageScores, holm, infer
from xlingual.statistics.pooling import Pooled, pool
from xlingual.statistics.power import comparison_of, detectable, more_units
from xlingual.statistics.randomization import article_shares, randomization_p

MEAN = "mean"
LEVEL = 0.05
"""Family-wise error rate of verdicts."""

Cells = dict[str, dict[str, dict[str, "Difference"]]]
"""Arm -> language or "mean" -> metric -> difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An arm minus what it is compared with, in percentage points.

    Attributes:
        found: estimate, standard error and so on.
        confidence: of the interval, unadjusted.
        adjusted_p: by Holm, of the mean over the arms, of a language over its arm's languages; None where no verdict
            may rest on the units (see `Inference.decides`).
        different: whether it is called a difference; a language only behind its arm's mean.
        pooled: of a language, shrunk towards the mean of all by its noise (`xlingual.statistics.pooling`);
            None for the mean, and if languages are not pooled.
        randomization_p: of a headline, the p value of approximate randomisation over articles, a check without any
            influence on the verdict; None elsewhere.
        compared: of a headline, number of compared arms; None elsewhere.
    """

    found: Inference
    confidence: float = 0.95
    adjusted_p: float | None = None
    different: bool = False
    pooled: float | None = None
    randomization_p: float | None = None
    compared: int | None = None

    @property
    def estimate(self) -> float:
        """The difference of the scores."""
        return self.found.estimate

    @property
    def low(self) -> float | None:
        """Lower bound, not rounded; None with fewer than two clusters."""
        bounds = self.found.interval(self.confidence)
        return bounds and bounds[0]

    @property
    def high(self) -> float | None:
        """Upper bound, not rounded; None with fewer than two clusters."""
        bounds = self.found.interval(self.confidence)
        return bounds and bounds[1]

    @property
    def seed_variation(self) -> bool:
        """Whether the interval covers other seeds too."""
        return self.found.unit_error is not None

    @property
    def detectable(self) -> float | None:
        """Smallest difference that these units would find with 80% power, at the first step of Holm's procedure.

        None if they allow no verdict or show no variation.
        """
        comparison = comparison_of(self.found) if self.found.decides and self.found.error else None
        return None if comparison is None else detectable(comparison, level=self._level)

    @property
    def more_units(self) -> int | None:
        """Number of further units in each arm that would find a difference of the measured size with 80% power.

        None if no number would, or if the variation of units is unknown.
        """
        comparison = comparison_of(self.found)
        if comparison is None:
            return None
        more = more_units(self.estimate, comparison, level=self._level)
        return None if more is None else max(more, PAIRED_FROM - min(self.found.units))

    @property
    def _level(self) -> float:
        return LEVEL / (self.compared or 1)

    def as_json(self) -> dict[str, Any]:
        """Plain values; what only a headline has is absent elsewhere."""
        return {
            "low": self.low,
            "high": self.high,
            "seed_variation": self.seed_variation,
            "p": self.found.p,
            "adjusted_p": self.adjusted_p,
            "different": self.different,
            "standard_error": self.found.error,
            "degrees_of_freedom": self.found.freedom,
            "clusters": self.found.clusters,
            "units": list(self.found.units),
            "seed_correlation": self.found.correlation,
            "pooled": self.pooled,
            **(self._headline_json() if self.compared is not None else {}),
        }

    def _headline_json(self) -> dict[str, Any]:
        return {
            "randomization_p": self.randomization_p,
            "detectable": self.detectable,
            "more_units": self.more_units,
        }


def differences(
    scores: TestScores,
    baseline: str,
    *,
    against: Mapping[str, str] | None = None,
    searched: Collection[str] = (),
    confidence: float = 0.95,
) -> Cells:
    """Compare each arm with the arm that `against` has for it, else with the baseline.

    An arm is left out while the arm it is compared with has no score. "mean" is over all languages but the
    source, where there are any.

    Args:
        scores: of all replicates.
        baseline: name of the baseline arm.
        against: by arm, the arm it is compared with instead of the baseline.
        searched: arms whose configuration one search chose. Another search could have chosen otherwise, which no
            interval covers: no comparison with one of them is called a difference.
        confidence: of the intervals.

    Raises:
        RecordError: when an arm has no scores in a language that another one has.
    """
    pairs = compared_arms(scores, baseline, against)
    found = {arm: _against(scores, arm, other, confidence) for arm, other in pairs.items()}
    chosen_by_search = {arm for arm, other in pairs.items() if arm in searched or other in searched}
    for metric in scores.metrics.ranked:
        _judge(found, metric, chosen_by_search)
    return found


def compared_arms(scores: TestScores, baseline: str, against: Mapping[str, str] | None = None) -> dict[str, str]:
    """The scored arm that each scored arm is compared with; arms without one are left out."""
    compared = {arm: (against or {}).get(arm, baseline) for arm in scores.scores if arm != baseline}
    return {arm: other for arm, other in compared.items() if other in scores.scores}


def _against(scores: TestScores, arm: str, other: str, confidence: float) -> dict[str, dict[str, Difference]]:
    languages = scores.languages
    targets = {language: {language: 1.0} for language in languages}
    others = [language for language in languages if language != scores.source]
    if others:
        targets[MEAN] = dict.fromkeys(others, 1.0 / len(others))
    seeds = (scores.seeds[arm], scores.seeds[other]) if scores.seeds else None
    found: dict[str, dict[str, Difference]] = {name: {} for name in targets}
    for metric in scores.metrics.ranked:
        cells = language_scores(scores, arm, other, metric)
        inferred = infer(cells, targets, seeds=seeds)
        pooled = _pooled(inferred, others)
        for name, inference in inferred.items():
            found[name][metric] = Difference(
                inference,
                confidence,
                pooled=None if pooled is None else pooled.estimates.get(name),
                randomization_p=(
                    randomization_p(article_shares(cells, targets[name])) if name == headline_of(targets) else None
                ),
            )
    return found


def headline_of(cells: Collection[str]) -> str:
    """The headline's target: the mean, or the source language if nothing else was scored."""
    return MEAN if MEAN in cells else next(iter(cells), MEAN)


def language_scores(scores: TestScores, arm: str, other: str, metric: str) -> dict[str, LanguageScores]:
    """Scores of two arms by language.

    Raises:
        RecordError: when one of them has no scores in a language.
    """
    found = {}
    for language, clusters in scores.clusters.items():
        absent = [name for name in (arm, other) if language not in scores.scores[name]]
        if absent:
            raise RecordError(
                f"{absent[0]} has no scores in {language}, in which another arm has; score it by the command that ran "
                "the study"
            )
        first, second = (scores.scores[name][language][metric] for name in (arm, other))
        found[language] = LanguageScores(first, second, clusters)
    return found


def _pooled(found: Mapping[str, Inference], languages: Collection[str]) -> Pooled | None:
    errors = {language: found[language].error for language in languages}
    known = {language: error for language, error in errors.items() if error is not None}
    mean = found[MEAN].error if MEAN in found else None
    if mean is None or len(known) < len(languages):
        return None
    return pool({language: found[language].estimate for language in languages}, known, mean)


def _judge(found: Cells, metric: str, chosen_by_search: Collection[str]) -> None:
    """Adjust p values and decide what is called a difference: means by Holm over arms, languages behind their mean."""
    headline = headline_of(next(iter(found.values()), {}))
    means = holm(_p_values({arm: cells[headline][metric] for arm, cells in found.items() if headline in cells}))
    for arm, cells in found.items():
        if headline in cells:
            cells[headline][metric] = replace(cells[headline][metric], compared=len(found))
            _mark(cells, headline, metric, means.get(arm), arm not in chosen_by_search)
        languages = {name: metrics[metric] for name, metrics in cells.items() if name != headline}
        behind = cells[headline][metric].different if headline in cells else False
        for name, adjusted in holm(_p_values(languages)).items():
            _mark(cells, name, metric, adjusted, behind)


def _p_values(gaps: Mapping[str, Difference]) -> dict[str, float]:
    return {name: gap.found.p for name, gap in gaps.items() if gap.found.decides and gap.found.p is not None}


def _mark(
    cells: dict[str, dict[str, Difference]], name: str, metric: str, adjusted: float | None, allowed: bool
) -> None:
    different = allowed and adjusted is not None and adjusted < LEVEL
    cells[name][metric] = replace(cells[name][metric], adjusted_p=adjusted, different=different)


def difference_json(gaps: Mapping[str, Difference]) -> dict[str, Any]:
    """The headline, which comes first, in keys of its own; every other metric as an object."""
    (headline, gap), *others = gaps.items()
    return {
        headline: gap.estimate,
        **gap.as_json(),
        **{metric: {"difference": other.estimate, **other.as_json()} for metric, other in others},
    }


def alike(questions: Mapping[str, Questions]) -> list[list[str]]:
    """Languages grouped by equal questions, in the order of their first language."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for language, asked in questions.items():
        groups.setdefault((asked.ids, asked.paragraphs), []).append(language)
    return list(groups.values())
