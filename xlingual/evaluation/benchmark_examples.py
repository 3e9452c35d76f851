"""The examples of a test set as a user asks for them: languages, data, how many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from xlingual.data.examples import ExampleSet
from xlingual.data.location import local_path
from xlingual.errors import DataError, XlingualError
from xlingual.languages import two_letter
from xlingual.study.benchmarks import Benchmark
from xlingual.tasks import Task

Reader: TypeAlias = Callable[[str, Sequence[str], int | None], dict[str, ExampleSet]]


def task_of(benchmark: Benchmark) -> Task:
    """The task that scores a test set's answers."""
    return cast(Task, benchmark.load(benchmark.task))


def codes_of(benchmark: Benchmark, asked: str) -> list[str]:
    """Two-letter codes of the languages that a user asks for.

    Args:
        benchmark: the test set.
        asked: comma-separated codes, or `all` for the test set's own.

    Raises:
        DataError: for a code that is none, or none at all.
    """
    if asked.strip() == "all":
        return list(benchmark.languages)
    written = [code.strip() for code in asked.split(",") if code.strip()]
    if not written:
        raise DataError(f"--languages: no language in {asked!r}; write codes such as de,es, or all")
    try:
        return list(dict.fromkeys(two_letter(code) for code in written))
    except DataError as error:
        raise DataError(f"--languages: {error}") from None


def examples_of(
    benchmark: Benchmark,
    source: str | None,
    codes: Sequence[str],
    limit: int | None = None,
    paragraphs: int | None = None,
) -> dict[str, ExampleSet]:
    """Load the examples of some languages, by code.

    Args:
        benchmark: the test set.
        source: hub id or local directory; None for the test set's own.
        codes: two-letter.
        limit: number of examples of each language, from the first; None for all.
        paragraphs: number of paragraphs of each, as `data.test.paragraphs` of a study; None for all.

    Raises:
        DataError: when a language, or the source, is not there.
    """
    if limit is not None and limit < 1:
        raise XlingualError(f"--limit: {limit} asked; write 1 or more, or leave it out for all questions")
    name = source or benchmark.source
    absent = [code for code in codes if code not in benchmark.languages]
    read = cast(Reader, benchmark.load(benchmark.reader))
    try:
        if absent and local_path(name) is None:  # a directory may well hold more languages than the hub's copy
            raise DataError(
                f"{benchmark.title} has no {', '.join(absent)}; write --languages with codes out of "
                f"{','.join(benchmark.languages)}, or --data with a directory that holds "
                f"{benchmark.file.format(language=absent[0])}"
            )
        sets = read(name, codes, paragraphs)
    except DataError as error:
        raise DataError(f"--data: {error}") from None
    return {
        code: part if limit is None or limit >= len(part) else part.choose(range(limit), "dropped_limit")
        for code, part in sets.items()
    }
