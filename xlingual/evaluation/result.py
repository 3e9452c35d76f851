"""What an evaluation says: scores per language, their means, and what they were made with."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

from xlingual.evaluation.benchmark_examples import is_pair
from xlingual.evaluation.intervals import Intervals
from xlingual.languages import name, non
from xlingual.study.benchmarks import Benchmark
from xlingual.task_metrics import TaskMetrics

Scores = Mapping[str, float]

ENGLISH = "en"
"""The source language unless the user, or the study of a checkpoint, says another one."""

COUNTS = ("questions", "missing", "unknown")
"""Of a language's scores those that are numbers of questions, and have no mean."""

PACKAGES = ("xlingual", "torch", "transformers", "tokenizers", "numpy")


@dataclass(frozen=True)
class Mean:
    """The mean over some languages.

    Attributes:
        over: the languages in words, and their numbers of questions where these differ.
        languages: their codes.
        scores: metric -> percent.
    """

    over: str
    languages: tuple[str, ...]
    scores: Scores

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON's kinds."""
        return {"over": self.over, "languages": list(self.languages), **self.scores}


@dataclass(frozen=True)
class Evaluation:
    """Scores of one checkpoint, or of answers made by others.

    Attributes:
        model: as asked, or what the answers are called.
        benchmark: that it was scored on.
        data: where its questions came from.
        part: of the benchmark that was asked, in words; empty for all of it.
        scores: language -> metrics in percent, the number of questions, and of those without any answer.
        identity: what decides the answers: fingerprint of the model (or of the answers), lengths of its inputs.
        fingerprints: language -> of its questions.
        notes: what a reader must know of it.
        kept: where the predictions lie.
        made_with: whatever else is said of how the answers came to be.
        is_kept: whether the predictions lie there.
        intervals: what other articles could change.
        source_language: two-letter code of the training data's language, which the first mean leaves out.
    """

    model: str
    benchmark: Benchmark
    data: str
    part: str
    scores: Mapping[str, Scores]
    identity: Mapping[str, Any]
    fingerprints: Mapping[str, str]
    notes: tuple[str, ...]
    kept: Path
    made_with: Mapping[str, Any] = field(default_factory=dict)
    is_kept: bool = True
    intervals: Intervals = field(default_factory=Intervals)
    source_language: str = ENGLISH

    @property
    def metrics(self) -> TaskMetrics:
        """Those of the benchmark's task."""
        return self.benchmark.metrics

    @property
    def means(self) -> tuple[Mean, ...]:
        """See `means`."""
        return means(self.benchmark, self.scores, self.source_language)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON's kinds."""
        return {
            "model": self.model,
            "benchmark": self.benchmark.name,
            "data": self.data,
            "part": self.part or None,
            "source_language": self.source_language,
            **self.identity,
            **self.made_with,
            "languages": {
                language: {
                    **scores,
                    **self.intervals.as_json((language,)),
                    "data_fingerprint": self.fingerprints[language],
                }
                for language, scores in self.scores.items()
            },
            "means": [mean.as_json() | self.intervals.as_json(mean.languages) for mean in self.means],
            "clusters": {self.intervals.grouped_by: self.intervals.clusters} if self.intervals.estimates else None,
            "notes": list(self.notes),
            "kept": str(self.kept) if self.is_kept else None,
        }


def means(benchmark: Benchmark, scores: Mapping[str, Scores], source_language: str = ENGLISH) -> tuple[Mean, ...]:
    """Means over all languages but the source language, and over the sets of published averages that are all there.

    Scores across two languages enter none of them.
    """
    others = [language for language in scores if language != source_language and not is_pair(language)]
    differ = [f"{'with' if code in others else 'without'} {name(code)}" for code in benchmark.optional]
    words = ", ".join([f"{len(others)} {non(source_language)} languages", *differ])
    examples = benchmark.metrics.words.examples
    found = [_mean(words, examples, others, scores)] if len(others) > 1 else []
    for words, languages in benchmark.averages.items():
        if set(languages) <= set(scores):
            found.append(_mean(words, examples, languages, scores))
    return tuple(found)


def versions() -> dict[str, str]:
    """Versions of what answers and scores."""
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def _mean(words: str, examples: str, languages: Sequence[str], scores: Mapping[str, Scores]) -> Mean:
    shared = set.intersection(*(set(scores[language]) for language in languages))  # rows kept long ago may lack a share
    metrics = [name for name in scores[languages[0]] if name in shared and name not in COUNTS]
    over = f"{words}{_unequal([int(scores[language]['questions']) for language in languages], examples)}"
    return Mean(over, tuple(languages), {m: fmean(scores[language][m] for language in languages) for m in metrics})


def _unequal(questions: Sequence[int], examples: str) -> str:
    """Say that languages are scored over different numbers of examples: languages kept earlier may be."""
    fewest, most = min(questions), max(questions)
    return "" if fewest == most else f", of {fewest:,} to {most:,} {examples} each"
