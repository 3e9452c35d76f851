"""What is wrong with a test set's files, so far as their names tell: told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from xlingual.errors import DataError
from xlingual.study import document
from xlingual.study.benchmarks import BENCHMARKS, Benchmark
from xlingual.study.benchmarks.own import LANGUAGE, files_of
from xlingual.study.test_sets import USUAL


def own_faults(pattern: str, codes: Sequence[str]) -> Iterator[tuple[document.Path, str]]:
    """Languages that a set of the user's own has no file for, where it has files of others.

    Args:
        pattern: of the files.
        codes: the languages that a study names.

    Returns:
        Each fault with its path below the test set.
    """
    known = files_of(pattern)
    for place, code in enumerate(codes if known else ()):
        if code not in known:
            yield (
                ("languages", place),
                f"no file for {code!r}, there are files for {', '.join(known)}; add {pattern.replace(LANGUAGE, code)}, "
                "or leave this language out",
            )


def directory_faults(benchmark: Benchmark, source: str) -> Iterator[tuple[document.Path, str]]:
    """A local directory that has no file of this test set. A path that is not there is no fault.

    Languages that are absent are told when the test set is looked at: what helps then depends on the records.

    Args:
        benchmark: the test set.
        source: its data.

    Returns:
        The fault with its path below the test set.
    """
    if not benchmark.available or not Path(source).expanduser().is_dir():
        return
    try:
        _languages(benchmark, source)
    except DataError as error:
        yield ("source",), f"{error}{_meant(benchmark, source)}"


def _languages(benchmark: Benchmark, source: str) -> list[str]:
    found: list[str] = benchmark.load(benchmark.available)(source)
    return found


def _meant(benchmark: Benchmark, source: str) -> str:
    """What a directory may be meant as, to end a message with."""
    others = [one for one in BENCHMARKS.values() if one is not benchmark and one.available and _has(one, source)]
    if others:
        remedies = " or ".join(f"{{set: {one.name}, source: {source}}}" for one in others)
        return f"; it has files of {' or '.join(one.title for one in others)}: write {remedies}"
    pattern = str(Path(source) / f"{LANGUAGE}.json")
    return f"; for files of your own write {pattern}" if benchmark.name == USUAL else ""


def _has(benchmark: Benchmark, source: str) -> bool:
    try:
        return bool(_languages(benchmark, source))
    except DataError:
        return False
