"""Searches with the same number share seeds across arms: the resulting correlation is reported."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np

from xlingual.report.notes import notes
from xlingual.report.summary import summarize


def said(studies: ModuleType, storage: Path, **study: int) -> tuple[str, float]:
    builder = studies.study_of_searches(storage, {"good": 3.0}, luck=4.0, **study)
    summary = summarize(builder.directory)
    means = [summary.arms[arm].mean("f1") for arm in ("good", "baseline")]
    lines = [line for line in notes(summary) if line.startswith("Searches of the same number")]
    return "".join(lines), float(np.corrcoef(means)[0, 1]) if len(means[0]) > 1 else 0.0


def test_the_correlation_of_searches_is_printed_and_intervals_do_not_use_it(
    studies: ModuleType, tmp_path: Path
) -> None:
    line, correlation = said(studies, tmp_path, searches=5)
    assert f"correlation of their means: good {correlation:.2f}. They are not paired" in line


def test_two_searches_tell_no_correlation(studies: ModuleType, tmp_path: Path) -> None:
    assert said(studies, tmp_path, searches=2)[0] == ""
