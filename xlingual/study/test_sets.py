"""The sealed test sets of a study: their names, and what `data.test` says of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xlingual.study.benchmarks import BENCHMARKS, Benchmark, own
from xlingual.study.benchmarks.own import is_pattern, own_benchmark

USUAL = "xquad"
"""The test set that a source is read as where nothing says another one."""

_HUB = re.compile(r"(hf://datasets/|https://huggingface\.co/datasets/)?([\w.-]+/[\w.-]+?)(@[\w./-]+)?/?", re.IGNORECASE)


@dataclass(frozen=True)
class TestSet:
    """One test set of a study, with all defaults.

    Attributes:
        name: of the benchmark, or the user's own.
        source: its data.
        languages: two-letter codes in the order of tables.
        paragraphs: limit per language; None for all.
        generalised: whether pairs of languages are scored too.
    """

    __test__ = False  # keeps pytest from collecting the class

    name: str
    source: str
    languages: tuple[str, ...]
    paragraphs: int | None = None
    generalised: bool = False

    @cached_property
    def benchmark(self) -> Benchmark:
        """Facts of the test set.

        Raises:
            DataError: when a set of the user's own has no files.
        """
        return benchmark_of(self.name, self.source)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Ordered pairs of two different languages that are scored; none unless the set is `generalised`."""
        return pairs_of(self.languages if self.generalised else ())

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all that is scored: the languages, then pairs as `A-B`."""
        return scored_keys(self.languages, self.pairs)


@dataclass(frozen=True)
class RecordedTestSet:
    """One test set as a study's record says it, for rooms that read records alone.

    `benchmark` is None where no test set of that name is known; the other attributes are those of `TestSet`.
    """

    name: str
    source: str
    languages: tuple[str, ...]
    paragraphs: int | None = None
    generalised: bool = False
    benchmark: Benchmark | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """As those of `TestSet`."""
        return scored_keys(self.languages, pairs_of(self.languages if self.generalised else ()))


def pairs_of(languages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Ordered pairs of two different languages."""
    return tuple((first, second) for first in languages for second in languages if first != second)


def scored_keys(languages: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The languages, then pairs as `A-B`."""
    return (*languages, *(f"{first}-{second}" for first, second in pairs))


def recorded_test_sets(study: Mapping[str, Any]) -> dict[str, RecordedTestSet]:
    """Test sets of a recorded study (study.json) by name, the headline first."""
    test: Mapping[str, Any] = study.get("data", {}).get("test", {})
    return {
        name: RecordedTestSet(
            name,
            each.get("source", ""),
            tuple(each.get("languages", ())),
            each.get("paragraphs"),
            bool(each.get("generalised")),
            BENCHMARKS.get(name),
        )
        for name, each in {test.get("set", USUAL): test, **test.get("also", {})}.items()
    }


def benchmark_of(name: str, source: str) -> Benchmark:
    """Facts of the test set of this name: a benchmark's, or those of the user's own set of this source.

    Raises:
        DataError: when a set of the user's own has no files.
    """
    if name in BENCHMARKS:
        return BENCHMARKS[name]
    if is_pattern(source):
        return own_benchmark(name, source)
    return replace(BENCHMARKS[USUAL], name=name, title=name, averages={}, published="")  # a toy set of another name


def name_of(source: str) -> str:
    """Name of the test set that a source alone stands for: a benchmark's by its name or hub id, or one of one's own."""
    if source in BENCHMARKS:
        return source
    if is_pattern(source) or own.is_file(source):
        return own.name_of(source)
    hub = _HUB.fullmatch(source.strip())
    repository = hub.group(2).lower() if hub else ""
    return next((one.name for one in BENCHMARKS.values() if repository in _hub_ids(one)), USUAL)


def _hub_ids(benchmark: Benchmark) -> list[str]:
    return [one.lower() for one in (benchmark.source, *benchmark.hub_ids) if one]


def source_of(name: str) -> str | None:
    """Where a benchmark's data lies when the study names no source; None for other names."""
    return BENCHMARKS[name].source or None if name in BENCHMARKS else None
