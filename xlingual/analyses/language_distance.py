"""Scores against the likeness of languages to English: after Lauscher et al. (2020, arXiv 2005.00633).

`languages.csv` beside this module says where each of its columns is from. Likeness is a cosine similarity of URIEL's
vectors, as there; Muller et al. (2022, arXiv 2212.01757) correlate transfer with the same data base. A test set has few
languages, and likenesses are correlated with one another and with the amount of text that a model was pretrained on, so
a correlation here proves little: it has an interval to say so.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Any

from scipy import stats

from xlingual.analyses.selection_signal import rank_correlation
from xlingual.errors import DataError
from xlingual.report.summary import Summary

LIKENESSES = ("syntax", "phonology", "inventory", "genetic", "geography")
GROUPS = ("family", "script", "word_order")
LEAST = 4
"""Languages below which a correlation says nothing."""


@dataclass(frozen=True, slots=True)
class LanguageFacts:
    """One line of `languages.csv`.

    Attributes:
        language: two-letter code.
        family: of languages.
        branch: of the Indo-European family; empty elsewhere.
        script: of its text.
        word_order: dominant order of subject, object and verb.
        likeness: by name, a cosine similarity with English, 0 to 1.
    """

    language: str
    family: str
    branch: str
    script: str
    word_order: str
    likeness: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DistanceCorrelation:
    """Scores, or differences, of one arm over languages against one likeness.

    Attributes:
        arm: its name.
        of: "score" or "difference" (to the arm it is compared with).
        likeness: its name.
        languages: number of languages.
        pearson: Pearson's correlation; None where one side is constant or fewer than `LEAST` languages are known.
        low: end of its 95% interval by Fisher's transformation.
        high: the other end.
        spearman: rank correlation.
        points: language, likeness, score or difference.
    """

    arm: str
    of: str
    likeness: str
    languages: int
    pearson: float | None
    low: float | None
    high: float | None
    spearman: float | None
    points: tuple[tuple[str, float, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class GroupMean:
    """The mean of an arm over languages that share a family, a script or a word order.

    Attributes:
        arm: its name.
        kind: one of `GROUPS`.
        group: what the languages share.
        languages: their codes.
        score: mean of the headline metric, in percent.
        difference: to the arm it is compared with, in percentage points; None for the baseline.
    """

    arm: str
    kind: str
    group: str
    languages: tuple[str, ...]
    score: float
    difference: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@cache
def language_facts() -> dict[str, LanguageFacts]:
    """The shipped facts by language."""
    text = (files("xlingual.analyses") / "languages.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        row["language"]: LanguageFacts(
            row["language"],
            row["family"],
            row["branch"],
            row["script"],
            row["word_order"],
            {name: float(row[name]) for name in LIKENESSES},
        )
        for row in rows
    }


def distance_correlations(summary: Summary) -> tuple[DistanceCorrelation, ...]:
    """Every arm's scores, and every compared arm's differences, against every likeness.

    Raises:
        DataError: when the source language is not English, or facts are known of none of the other languages.
    """
    known = _known(summary)
    found = []
    for arm, of, by_language in _by_arm(summary, known):
        for likeness in LIKENESSES:
            points = tuple(
                (language, known[language].likeness[likeness], value) for language, value in by_language.items()
            )
            numbers = pearson([place for _, place, _ in points], [value for _, _, value in points])
            spearman = rank_correlation([place for _, place, _ in points], [value for _, _, value in points]).rho
            found.append(DistanceCorrelation(arm, of, likeness, len(points), *numbers, spearman, points))
    return tuple(found)


def group_means(summary: Summary) -> tuple[GroupMean, ...]:
    """The mean of every arm over the languages of each family, script and word order, the source left out.

    Raises:
        DataError: see `distance_correlations`.
    """
    known = _known(summary)
    scores = {arm: values for arm, of, values in _by_arm(summary, known) if of == "score"}
    gaps = {arm: values for arm, of, values in _by_arm(summary, known) if of == "difference"}
    found = []
    for arm, by_language in scores.items():
        for kind in GROUPS:
            groups: dict[str, list[str]] = {}
            for language in by_language:
                groups.setdefault(str(getattr(known[language], kind)), []).append(language)
            for group, languages in groups.items():
                mean = fmean(by_language[language] for language in languages)
                gap = fmean(gaps[arm][language] for language in languages) if arm in gaps else None
                found.append(GroupMean(arm, kind, group, tuple(languages), mean, gap))
    return tuple(found)


def unknown_languages(summary: Summary) -> tuple[str, ...]:
    """Tested languages, but the source, of which no facts are shipped."""
    return tuple(language for language in summary.targets if language not in language_facts())


def _known(summary: Summary) -> dict[str, LanguageFacts]:
    if summary.source_language != "en":
        raise DataError(
            f"{summary.study}: the shipped facts of languages are likenesses to English, and this study is trained in "
            f"{summary.source_language!r}; name studies with data.source_language: en"
        )
    found = {language: one for language, one in language_facts().items() if language in summary.targets}
    if not found:
        raise DataError(
            f"{summary.study}: no facts are shipped of {', '.join(summary.targets) or 'any language but the source'}; "
            f"known are {', '.join(language_facts())}"
        )
    return {language: found[language] for language in summary.targets if language in found}


def _by_arm(summary: Summary, known: Mapping[str, LanguageFacts]) -> list[tuple[str, str, dict[str, float]]]:
    """Arm, "score" or "difference", and the numbers by language."""
    metric = summary.headline
    found: list[tuple[str, str, dict[str, float]]] = []
    for name, arm in summary.arms.items():
        if arm.scores:
            found.append((name, "score", {language: fmean(arm.scores[language].of(metric)) for language in known}))
        if name in summary.differences:
            cells = summary.differences[name]
            found.append((name, "difference", {language: cells[language][metric].estimate for language in known}))
    return found


def pearson(first: Sequence[float], second: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Pearson's correlation with its 95% interval; None where it is unknown, equal ends where it is 1 or -1."""
    if len(first) < LEAST or len(set(first)) < 2 or len(set(second)) < 2:
        return None, None, None
    r = float(stats.pearsonr(first, second).statistic)
    if abs(r) >= 1.0:
        return r, r, r
    reach = float(stats.norm.ppf(0.975)) / math.sqrt(len(first) - 3)
    return r, math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
