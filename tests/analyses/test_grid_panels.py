"""Scores of pairs of languages: tidy rows, panels, and their figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xlingual.analyses.grid_panels import grid_rows, panels_of
from xlingual.figures.grids import language_grids
from xlingual.report.grid import Grid
from xlingual.report.summary import Summary, summarize

CODES = ("en", "de", "th")
KEYS = (*CODES, *(f"{a}-{b}" for a in CODES for b in CODES if a != b))


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Path:
    test = {"languages": list(CODES), "generalised": True}
    builder = studies.StudyBuilder(tmp_path, ("plain", "robust"), test=test, replicates={"searches": 1, "seeds": 3})
    builder.search()
    generator = np.random.default_rng(4)
    for arm, gain in (("plain", 0.0), ("robust", 8.0)):
        for seed in (1, 2, 3):
            builder.replicate(arm, seed)
            f1 = {key: np.clip(generator.normal(50 + gain * ("-" in key), 10, 20), 0, 100) for key in KEYS}
            builder.score(arm, seed, {key: studies.rows(values, per_paragraph=2) for key, values in f1.items()})
    return builder.directory.path


def read(study: Path) -> tuple[Summary, Grid]:
    summary = summarize(study)
    assert summary.grid is not None
    return summary, summary.grid


def test_rows_are_those_of_the_report(study: Path) -> None:
    summary, grid = read(study)
    rows = {(row["arm"], row["first"], row["second"], row["metric"]): row for row in grid_rows(summary, grid)}
    gap = grid.differences["robust"]["th-de"]["f1"]
    row = rows["robust", "th", "de", "f1"]
    assert (row["difference"], row["low"], row["high"], row["against"]) == (gap.estimate, gap.low, gap.high, "plain")
    assert row["score"] == np.mean(grid.means["robust"]["th-de"]["f1"]) and row["units"] == 3
    assert rows["robust", "de", "de", "f1"]["difference"] == grid.differences["robust"]["de"]["f1"].estimate
    excess = rows["robust", "off_diagonal_minus_diagonal", "", "f1"]
    assert excess["adjusted_p"] == grid.differences["robust"]["off_diagonal_minus_diagonal"]["f1"].adjusted_p
    assert rows["plain", "th", "de", "f1"]["difference"] is rows["plain", "th", "de", "f1"]["against"] is None


def test_a_panel_shows_the_baseline_and_one_the_differences(study: Path) -> None:
    summary, grid = read(study)
    panels = panels_of(summary, grid)
    assert [(title, differ) for title, _, differ in panels] == [("plain: F1", False), ("robust minus plain", True)]
    assert all(set(cells) == set(grid.keys) for _, cells, _ in panels)


def test_a_panel_names_both_axes_and_what_the_numbers_are_not(study: Path) -> None:
    summary, grid = read(study)
    first, second, *_ = language_grids([(replace(summary, toy=True), grid)]).axes
    assert first.get_xlabel() == "language of the question" and first.get_ylabel() == "language of the context"
    assert "TOY WORLD" in first.get_title().splitlines()
    values = first.images[0].get_array()
    assert values[2, 1] == pytest.approx(np.mean(grid.means["plain"]["th-de"]["f1"]))
    assert second.images[0].get_array()[0, 0] == pytest.approx(grid.differences["robust"]["en"]["f1"].estimate)
