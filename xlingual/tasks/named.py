"""The task of a test set, which the facts of the set name."""

from __future__ import annotations

from typing import cast

from xlingual.study.benchmarks import Benchmark
from xlingual.tasks.task import Task


def task_of(benchmark: Benchmark) -> Task:
    """The task that scores a test set's answers."""
    return cast(Task, benchmark.load(benchmark.task))
