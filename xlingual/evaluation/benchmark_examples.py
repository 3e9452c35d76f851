"""The examples of a test set as a user asks for them: which set, languages, data, how many."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias, cast

from xlingual.data.examples import ExampleSet
from xlingual.data.location import local_path
from xlingual.errors import DataError, XlingualError
from xlingual.languages import two_letter
from xlingual.study.benchmarks import BENCHMARKS, Benchmark
from xlingual.study.benchmarks.own import LANGUAGE, is_pattern, name_of, own_benchmark

Reader: TypeAlias = Callable[[str, Sequence[str], int | None], dict[str, ExampleSet]]
CrossingReader: TypeAlias = Callable[[str, Sequence[tuple[str, str]], int | None], dict[str, ExampleSet]]


def benchmark_of(on: str, data: str | None = None) -> Benchmark:
    """The test set that a user names.

    Args:
        on: a name, or the path of the user's own files with `{language}` in place of the code.
        data: hub id or local directory, if one is named too.

    Raises:
        XlingualError: when there is no such set, or both name data.
    """
    if on in BENCHMARKS:
        return BENCHMARKS[on]
    if not is_pattern(on):
        raise XlingualError(
            f"--on: no test set {on!r}; write one of {', '.join(BENCHMARKS)}, or a path with {LANGUAGE} in place of "
            f"the code{_meant(on)}"
        )
    if data is not None:
        raise XlingualError(f"--data: found {data!r}, and --on names files already ({on}); leave one of them out")
    try:
        benchmark = own_benchmark(name_of(on), on)
        available(benchmark, on)
    except DataError as error:
        raise DataError(f"--on {error}") from None
    return benchmark


def _meant(on: str) -> str:
    """What to write in place of a path that is no pattern, or of a misspelt name."""
    folder, braces = Path(on).expanduser(), re.sub(r"\{\w*\}|<\w*>", LANGUAGE, on)
    if folder.is_dir():
        return f"; for your own files write {folder / f'{LANGUAGE}.json'}"
    if braces != on:
        return f"; did you mean {braces!r}?"
    if folder.is_file():
        return f"; for this file write {LANGUAGE} where its name has the code"
    near = get_close_matches(on.lower(), BENCHMARKS, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def available(benchmark: Benchmark, source: str) -> list[str]:
    """The languages of a source, in the order of tables.

    Raises:
        DataError: when it has none.
    """
    return (
        cast(list[str], benchmark.load(benchmark.available)(source)) if benchmark.available else [*benchmark.languages]
    )


def codes_of(benchmark: Benchmark, asked: str, source: str | None = None) -> list[str]:
    """Keys of the languages that a user asks for: two-letter codes, and `A-B` for two languages.

    Args:
        benchmark: the test set.
        asked: comma-separated codes, or `all` for the languages of the data, without pairs of two.
        source: hub id or local directory; None for the test set's own.

    Raises:
        DataError: for a code that is none, or none at all.
    """
    if asked.strip() == "all":
        try:
            return available(benchmark, source or benchmark.source)
        except DataError as error:
            raise DataError(f"--data: {error}") from None
    written = [code.strip() for code in asked.split(",") if code.strip()]
    if not written:
        raise DataError(f"--languages: no language in {asked!r}; write codes such as de,es, or all")
    try:
        return list(dict.fromkeys(language_key(benchmark, code) for code in written))
    except DataError as error:
        raise DataError(f"--languages: {error}") from None


def language_key(benchmark: Benchmark, written: str) -> str:
    """The key of a language, or of two languages written `A-B`, in two-letter codes.

    Raises:
        DataError: when a code is none, or the test set has no examples of two languages.
    """
    first, dash, second = written.partition("-")
    if not dash:
        return two_letter(written)
    if not benchmark.is_parallel:
        raise DataError(f"{written!r} is of two languages, and {benchmark.title} has no such examples; write one code")
    codes = two_letter(first), two_letter(second)
    return codes[0] if codes[0] == codes[1] else "-".join(codes)


def is_pair(key: str) -> bool:
    """Whether a key is of two languages."""
    return "-" in key


def examples_of(
    benchmark: Benchmark,
    source: str | None,
    codes: Sequence[str],
    limit: int | None = None,
    paragraphs: int | None = None,
) -> dict[str, ExampleSet]:
    """Load the examples of some languages, by their keys.

    Args:
        benchmark: the test set.
        source: hub id or local directory; None for the test set's own.
        codes: see `codes_of`.
        limit: number of examples of each language, from the first; None for all.
        paragraphs: number of paragraphs of each, as `data.test.paragraphs` of a study; None for all.

    Raises:
        DataError: when a language, or the source, is not there.
    """
    words = benchmark.metrics.words
    if limit is not None and limit < 1:
        raise XlingualError(f"--limit: found {limit}; write 1 or more, or leave it out for all {words.examples}")
    name = source or benchmark.source
    try:
        _refuse_absent(benchmark, name, codes)
        sets = _read(benchmark, name, codes, paragraphs)
    except DataError as error:
        raise DataError(f"{'--on' if is_pattern(name) else '--data'}: {error}") from None
    return {
        code: sets[code] if limit is None or limit >= len(sets[code]) else _first(sets[code], limit) for code in codes
    }


def _first(part: ExampleSet, limit: int) -> ExampleSet:
    return part.choose(range(limit), "dropped_limit")


def _read(benchmark: Benchmark, name: str, codes: Sequence[str], paragraphs: int | None) -> dict[str, ExampleSet]:
    alone = [code for code in codes if not is_pair(code)]
    pairs = [(first, second) for first, _, second in (code.partition("-") for code in codes if is_pair(code))]
    found: dict[str, ExampleSet] = {}
    if alone or not pairs:
        found |= cast(Reader, benchmark.load(benchmark.reader))(name, alone, paragraphs)
    if pairs:
        found |= cast(CrossingReader, benchmark.load(benchmark.crossed))(name, pairs, paragraphs)
    return found


def _refuse_absent(benchmark: Benchmark, name: str, codes: Sequence[str]) -> None:
    """Refuse languages that a hub's copy lacks; a directory may well hold more."""
    absent = [code for code in dict.fromkeys(part for key in codes for part in key.split("-"))
              if code not in benchmark.languages]  # fmt: skip
    if absent and not is_pattern(name) and local_path(name) is None:
        raise DataError(
            f"{benchmark.title} has no {', '.join(absent)}; write --languages with codes out of "
            f"{','.join(benchmark.languages)}, or --data with a directory that holds "
            f"{benchmark.file.format(language=absent[0])}"
        )


def notes_on(benchmark: Benchmark, sets: Mapping[str, ExampleSet], asked: str) -> list[str]:
    """What a reader of the scores must know of the data: notes of the readers, and languages that are not there."""
    said: dict[str, Any] = dict.fromkeys(note for part in sets.values() for note in part.notes)
    absent = [code for code in benchmark.languages if code not in sets] if asked.strip() == "all" else []
    if absent:
        said[f"the data has no {', '.join(absent)}, which {benchmark.title} has; no mean is over these"] = None
    return list(said)
