"""Scores on XQuAD that others published, shown beside measured ones and never part of their statistics."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Any, TypeAlias

from xlingual.errors import RecordError
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.published_models import published_name
from xlingual.task_metrics import SQUAD

ELEVEN = tuple(language for language in XQUAD_LANGUAGES if language != "ro")
"""XTREME's languages (arXiv 2003.11080), with English and without Romanian."""

MEANS: dict[str, tuple[str, ...]] = {"avg11": ELEVEN, "avg12": XQUAD_LANGUAGES}
"""Languages of published means, English included."""

MEAN_NAMES = {"avg11": "mean of 11\nwith en, no ro", "avg12": "mean of 12\nwith en and ro"}

QUESTIONS = 1190
"""Number of questions in each language of XQuAD."""

ZERO_SHOT = "zero-shot"
"""Prefix of the setting of models trained on English questions alone."""

METRICS = SQUAD
"""The published metrics."""

_KEYS = {METRICS[name].short.lower(): name for name in METRICS.ranked}
_COLUMNS = ("model", "language", *_KEYS, "setting", "source")

PublishedScore: TypeAlias = Mapping[str, float | None]
"""From a metric to its score in percent; None where it was not published."""


@dataclass(frozen=True)
class PublishedRow:
    """Scores of one model from one source.

    Attributes:
        model: its name in the published table.
        setting: what it was trained on.
        source: where it was published.
        scores: by language, of those that were published.
        means: by key of MEANS; as published, else computed if all of its languages were published.
    """

    model: str
    setting: str
    source: str
    scores: Mapping[str, PublishedScore]
    means: Mapping[str, PublishedScore]

    @property
    def note(self) -> str:
        """The source and the setting."""
        return f"{self.model}: {self.source}; {self.setting}"

    def has(self, metric: str) -> bool:
        """Whether anything of a metric was published."""
        return any(score[metric] is not None for score in (*self.scores.values(), *self.means.values()))

    def mean_over(self, languages: Iterable[str], metric: str) -> float | None:
        """The mean of the published languages; None where one of them is missing."""
        return _mean([self.scores[one][metric] if one in self.scores else None for one in languages])

    def as_json(self) -> dict[str, Any]:
        """Plain values; what was not published is null."""
        return {
            "model": self.model,
            "setting": self.setting,
            "source": self.source,
            "scores": {language: dict(score) for language, score in self.scores.items()},
            "means": {key: {"languages": list(MEANS[key]), **s} for key, s in self.means.items()},
        }


def published_rows(name: str | None = None, *, setting: str = ZERO_SHOT) -> tuple[PublishedRow, ...]:
    """The rows of a model, one a source.

    Args:
        name: as `published_name_of` gives it; None gives the rows of all models.
        setting: only rows whose setting begins so; the empty text gives all, translate-train among them.
    """
    return tuple(row for row in _rows() if name in (None, row.model) and row.setting.startswith(setting))


def published_name_of(model: str, says: str | None = None) -> str | None:
    """The name of a model's published rows: the arm's setting, else by hub id; None if there are none."""
    return says or published_name(model)


@cache
def _rows() -> tuple[PublishedRow, ...]:
    path = files("xlingual.report").joinpath("published_xquad.csv")
    return read_published(path.read_text(encoding="utf-8").splitlines(), str(path))


def read_published(lines: Iterable[str], name: str) -> tuple[PublishedRow, ...]:
    """Read the table: one line per model, language (or key of MEANS), setting and source.

    Raises:
        RecordError: when a line has other columns, a score is no percentage, or a cell occurs twice.
    """
    found: dict[tuple[str, str, str], dict[str, PublishedScore]] = {}
    for number, line in enumerate(csv.DictReader(lines), start=2):
        if set(line) != set(_COLUMNS) or line["language"] not in (*XQUAD_LANGUAGES, *MEANS):
            raise RecordError(f"{name}:{number}: found {line}; a line has {', '.join(_COLUMNS)}")
        cells = found.setdefault((line["model"], line["setting"], line["source"]), {})
        if line["language"] in cells:
            raise RecordError(f"{name}:{number}: {line['model']} in {line['language']} occurs twice")
        cells[line["language"]] = {metric: _percent(line[key], f"{name}:{number}") for key, metric in _KEYS.items()}
    return tuple(_row(*key, cells) for key, cells in found.items())


def _row(model: str, setting: str, source: str, cells: Mapping[str, PublishedScore]) -> PublishedRow:
    scores = {language: cells[language] for language in XQUAD_LANGUAGES if language in cells}
    plain = PublishedRow(model, setting, source, scores, {})
    means: dict[str, PublishedScore] = {
        key: {metric: plain.mean_over(languages, metric) for metric in METRICS.ranked}
        for key, languages in MEANS.items()
        if all(language in scores for language in languages)
    }
    means |= {key: cells[key] for key in MEANS if key in cells}
    return PublishedRow(model, setting, source, scores, means)


def _percent(text: str, place: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise RecordError(f"{place}: {text!r} is no percentage; write a number from 0 to 100, or nothing")
    return number


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None
