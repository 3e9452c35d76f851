"""Scores that others published, shown beside measured ones and never part of their statistics.

Each benchmark has a table of its own (`Benchmark.published`): a line for each model, language (or key of a mean),
setting and source. Its columns of scores are called as the benchmark's metrics, or by their short names in lower case.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from statistics import fmean
from typing import Any, TypeAlias

from xlingual.errors import RecordError
from xlingual.study.benchmarks import Benchmark
from xlingual.study.published_models import published_name

ZERO_SHOT = "zero-shot"
"""Prefix of the setting of models trained on English questions alone."""

_TEXTS = ("model", "language", "setting", "source")

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
        means: by key of `means_of`; as published, else computed if all of its languages were published.
        averages: the languages of each mean.
    """

    model: str
    setting: str
    source: str
    scores: Mapping[str, PublishedScore]
    means: Mapping[str, PublishedScore]
    averages: Mapping[str, tuple[str, ...]]

    @property
    def note(self) -> str:
        """The source and the setting."""
        return f"{self.model}: {self.source}; {self.setting}"

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the benchmark's metrics, the headline first."""
        return tuple(dict.fromkeys(name for score in (*self.scores.values(), *self.means.values()) for name in score))

    def has(self, metric: str) -> bool:
        """Whether anything of a metric was published."""
        return any(score.get(metric) is not None for score in (*self.scores.values(), *self.means.values()))

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
            "means": {key: {"languages": list(self.averages[key]), **s} for key, s in self.means.items()},
        }


def means_of(benchmark: Benchmark | None) -> dict[str, tuple[str, ...]]:
    """Languages of published means by their key, such as `avg11`; none for a test set that is not known."""
    return {} if benchmark is None else {f"avg{len(codes)}": codes for codes in benchmark.averages.values()}


def mean_names(benchmark: Benchmark | None) -> dict[str, str]:
    """Headers of these means: "mean of 11" above "with en, no ro", naming what some of them lack."""
    means = means_of(benchmark)
    some = benchmark.optional if benchmark is not None else ()
    return {key: f"mean of {len(codes)}\n{_with(codes, some)}" for key, codes in means.items()}


def _with(codes: tuple[str, ...], some: tuple[str, ...]) -> str:
    there = ["en"] * ("en" in codes) + [code for code in some if code in codes]
    absent = [code for code in some if code not in codes]
    return ", ".join([f"with {' and '.join(there)}"] * bool(there) + [f"no {code}" for code in absent])


def is_part(benchmark: Benchmark, language: str, count: int) -> bool:
    """Whether these are fewer examples than a language of the benchmark has, or others; False where that is unknown."""
    return benchmark.counts.get(language, count) != count


def published_rows(
    benchmark: Benchmark | None, name: str | None = None, *, setting: str = ZERO_SHOT
) -> tuple[PublishedRow, ...]:
    """The rows of a model, one a source.

    Args:
        benchmark: that they are scores on; None gives none.
        name: as `published_name_of` gives it; None gives the rows of all models.
        setting: only rows whose setting begins so; the empty text gives all, translate-train among them.
    """
    rows = _rows(benchmark) if benchmark is not None and benchmark.published else ()
    return tuple(row for row in rows if name in (None, row.model) and row.setting.startswith(setting))


def published_name_of(model: str, says: str | None = None) -> str | None:
    """The name of a model's published rows: the arm's setting, else by hub id; None if there are none."""
    return says or published_name(model)


def _rows(benchmark: Benchmark) -> tuple[PublishedRow, ...]:
    path = files("xlingual.report").joinpath(benchmark.published)
    return read_published(path.read_text(encoding="utf-8").splitlines(), str(path), benchmark)


def read_published(lines: Iterable[str], name: str, benchmark: Benchmark) -> tuple[PublishedRow, ...]:
    """Read the table of a benchmark.

    Raises:
        RecordError: when a line has other columns or languages, a score is no percentage, or a cell occurs twice.
    """
    reader = csv.DictReader(lines)
    keys = _columns(reader.fieldnames or (), benchmark)
    expected = f"a line has {', '.join((*_TEXTS[:2], *keys.values(), *_TEXTS[2:]))}"
    found: dict[tuple[str, str, str], dict[str, PublishedScore]] = {}
    for number, line in enumerate(reader, start=2):
        if set(line) != {*_TEXTS, *keys.values()} or line["language"] not in (
            *benchmark.languages,
            *means_of(benchmark),
        ):
            raise RecordError(f"{name}:{number}: found {line}; {expected}")
        cells = found.setdefault((line["model"], line["setting"], line["source"]), {})
        if line["language"] in cells:
            raise RecordError(f"{name}:{number}: {line['model']} in {line['language']} occurs twice")
        cells[line["language"]] = {
            metric: _percent(line[keys[metric]], f"{name}:{number}") if metric in keys else None
            for metric in benchmark.metrics.ranked
        }
    return tuple(_row(benchmark, *key, cells) for key, cells in found.items())


def _columns(header: Iterable[str], benchmark: Benchmark) -> dict[str, str]:
    """The column of each metric that the table has."""
    there = set(header)
    names = {name: (name, benchmark.metrics[name].short.lower()) for name in benchmark.metrics.ranked}
    return {name: next(one for one in both if one in there) for name, both in names.items() if there & {*both}}


def _row(
    benchmark: Benchmark, model: str, setting: str, source: str, cells: Mapping[str, PublishedScore]
) -> PublishedRow:
    averages = means_of(benchmark)
    scores = {language: cells[language] for language in benchmark.languages if language in cells}
    plain = PublishedRow(model, setting, source, scores, {}, averages)
    means: dict[str, PublishedScore] = {
        key: {metric: plain.mean_over(languages, metric) for metric in benchmark.metrics.ranked}
        for key, languages in averages.items()
        if all(language in scores for language in languages)
    }
    means |= {key: cells[key] for key in averages if key in cells}
    return PublishedRow(model, setting, source, scores, means, averages)


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
