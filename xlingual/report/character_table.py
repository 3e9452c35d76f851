"""Metrics that only some languages have: F1 over characters."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from xlingual.report.number_format import NOTHING
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable

CHARACTERS = (
    "Character F1: F1 over the characters of the normalised texts in place of words, in languages written without "
    "spaces. There the official F1 takes a whole answer for one word and is all or nothing. It is in no mean of the "
    "official F1 and is not comparable with published F1."
)


def partial_table(summary: Summary, metric: str, flags: Sequence[str]) -> WideTable | None:
    """Arms by the languages that have a metric; None if none has.

    Args:
        summary: of the study.
        metric: name of one that languages written without spaces have.
        flags: lines under the title.
    """
    arms = summary.arms.values()
    found = [
        (language, [arm.scores[language].of(metric) if language in arm.scores else () for arm in arms])
        for language in summary.languages
    ]
    groups = [
        [Column(language, [f"{fmean(seeds):.1f}" if seeds else NOTHING for seeds in cells])]
        for language, cells in found
        if any(cells)
    ]
    if not groups:
        return None
    title = f"{summary.study}: {summary.metrics[metric].title} in percent, in languages written without spaces"
    return WideTable(title, flags, Column("arm", list(summary.arms)), groups)


def character_notes(summary: Summary) -> list[str]:
    """What character F1 is."""
    scored = [scores for arm in summary.arms.values() for scores in arm.scores.values()]
    partial = summary.metrics.partial_names
    return [CHARACTERS] if any(scores.of(metric) for scores in scored for metric in partial) else []
