"""How far scores fall from the source language to the others, and where they are lowest."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from xlingual.analyses.study_records import StudyRecords
from xlingual.report.differences import Difference, compared_arms, language_scores
from xlingual.statistics.crossed import infer


@dataclass(frozen=True, slots=True)
class TransferGap:
    """The score in the source language minus the mean of the others, in percentage points of the headline metric.

    Attributes:
        arm: its name.
        gaps: one a unit (search or seed).
        against: the arm it is compared with; None for the baseline.
        difference: its gap minus that of the arm it is compared with: below zero, it transfers better. The interval is
            the report's kind, not adjusted for the number of arms; None for the baseline.
    """

    arm: str
    gaps: tuple[float, ...]
    against: str | None = None
    difference: Difference | None = None

    @property
    def mean(self) -> float:
        """Mean over the units."""
        return fmean(self.gaps)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        gap = self.difference
        return {
            "arm": self.arm,
            "gaps": list(self.gaps),
            "mean": self.mean,
            "against": self.against,
            "difference": None if gap is None else {"difference": gap.estimate, **gap.as_json()},
        }


@dataclass(frozen=True, slots=True)
class WorstLanguage:
    """The language but the source in which an arm scores lowest on average.

    Attributes:
        arm: its name.
        language: the one with the lowest mean over the units.
        scores: in that language, one a unit.
        lowest: of each unit, its lowest score in any of these languages.
        difference: in that language, to the arm it is compared with; None for the baseline.
    """

    arm: str
    language: str
    scores: tuple[float, ...]
    lowest: tuple[float, ...]
    difference: Difference | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        gap = self.difference
        return {
            "arm": self.arm,
            "language": self.language,
            "scores": list(self.scores),
            "lowest": list(self.lowest),
            "difference": None if gap is None else {"difference": gap.estimate, **gap.as_json()},
        }


def transfer_gaps(records: StudyRecords) -> tuple[TransferGap, ...]:
    """The gap of every scored arm; empty where the source language or every other one is not in the test set."""
    summary, scores = records.summary, records.scores
    source, targets = summary.source_language, summary.targets
    if source not in summary.languages or not targets:
        return ()
    weights = {source: 1.0, **dict.fromkeys(targets, -1.0 / len(targets))}
    others = {name: arm.against for name, arm in summary.arms.items() if arm.against is not None}
    compared = compared_arms(scores, summary.baseline, others)
    found = []
    for name, arm in summary.arms.items():
        if not arm.scores:
            continue
        pairs = zip(arm.scores[source].of(summary.headline), arm.mean(summary.headline), strict=True)
        gap = None
        if name in compared:
            cells = language_scores(scores, name, compared[name], summary.headline)
            seeds = (scores.seeds[name], scores.seeds[compared[name]]) if scores.seeds else None
            gap = Difference(infer(cells, {"gap": weights}, seeds=seeds)["gap"], summary.confidence)
        found.append(TransferGap(name, tuple(first - mean for first, mean in pairs), compared.get(name), gap))
    return tuple(found)


def worst_languages(records: StudyRecords) -> tuple[WorstLanguage, ...]:
    """The worst language of every scored arm; the first in the order of columns of equals."""
    summary, metric = records.summary, records.summary.headline
    found = []
    for name, arm in summary.arms.items():
        cells = {language: arm.scores[language].of(metric) for language in summary.targets if language in arm.scores}
        if not cells:
            continue
        language = min(cells, key=lambda one: fmean(cells[one]))
        lowest = tuple(map(min, zip(*cells.values(), strict=True)))
        gap = summary.differences.get(name, {}).get(language, {}).get(metric)
        found.append(WorstLanguage(name, language, cells[language], lowest, gap))
    return tuple(found)
