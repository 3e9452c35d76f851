"""Which benchmark a local directory looks like, by the names of its files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xlingual.study.benchmarks import Benchmark
from xlingual.study.benchmarks.own import LANGUAGE

DEPTHS = ("", "*/", "*/*/")
"""Where the files lie below the directory that a user names."""
_SAVED = ("dataset_dict.json", "state.json")


def has_files(benchmark: Benchmark, folder: str) -> Iterator[Path]:
    """Files of a directory that are named as the test or development files of a benchmark.

    Args:
        benchmark: its names are looked for.
        folder: an existing directory.
    """
    for name in (benchmark.file, *benchmark.other_files):
        for pattern in dict.fromkeys((name, name.replace("test", "dev"))):
            for depth in DEPTHS:
                yield from Path(folder).glob(depth + pattern.replace(LANGUAGE, "*"))


def is_hub_copy(folder: str) -> bool:
    """Whether a directory is a copy of a hub data set, or was written by `save_to_disk`: readers tell what it holds."""
    saved = any((Path(folder) / name).is_file() for name in _SAVED)
    return saved or next(Path(folder).rglob("*.parquet"), None) is not None
