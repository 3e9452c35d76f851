"""The analysis of generalised transfer: its tables, its tidy CSV, its figure, its errors."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

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


def test_it_prints_the_grids_and_writes_both_files(
    generalised: ModuleType, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, figure = tmp_path / "out" / "grid.csv", tmp_path / "out" / "grid.png"
    assert generalised.main([str(study), "--csv", str(table), "--figure", str(figure)]) == 0
    printed = capsys.readouterr()
    assert "generalised transfer, F1 on XQuAD" in printed.out and printed.err == ""
    assert "An answer is a text of the row's language." in " ".join(printed.out.split())
    assert figure.read_bytes().startswith(b"\x89PNG")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (9 + 3) * 2


def test_rows_are_those_of_the_report(generalised: ModuleType, study: Path) -> None:
    ((summary, grid),) = generalised.read_studies([study])
    rows = {
        (row["arm"], row["first"], row["second"], row["metric"]): row for row in generalised.tidy_rows(summary, grid)
    }
    gap = grid.differences["robust"]["th-de"]["f1"]
    row = rows["robust", "th", "de", "f1"]
    assert (row["difference"], row["low"], row["high"], row["against"]) == (gap.estimate, gap.low, gap.high, "plain")
    assert row["score"] == np.mean(grid.means["robust"]["th-de"]["f1"]) and row["units"] == 3
    assert rows["robust", "de", "de", "f1"]["difference"] == grid.differences["robust"]["de"]["f1"].estimate
    excess = rows["robust", "off_diagonal_minus_diagonal", "", "f1"]
    assert excess["adjusted_p"] == grid.differences["robust"]["off_diagonal_minus_diagonal"]["f1"].adjusted_p
    assert rows["plain", "th", "de", "f1"]["difference"] is rows["plain", "th", "de", "f1"]["against"] is None


def test_a_panel_shows_the_baseline_and_one_the_differences(generalised: ModuleType, study: Path) -> None:
    ((summary, grid),) = generalised.read_studies([study])
    panels = generalised.panels_of(summary, grid)
    assert [(title, differ) for title, _, differ in panels] == [("plain: F1", False), ("robust minus plain", True)]
    assert all(set(cells) == set(grid.keys) for _, cells, _ in panels)


def test_a_panel_names_both_axes_and_what_the_numbers_are_not(generalised: ModuleType, study: Path) -> None:
    from matplotlib.figure import Figure

    ((summary, grid),) = generalised.read_studies([study])
    figure = Figure()
    place = figure.subplots()
    panel = generalised.panels_of(summary, grid)[0]
    generalised._draw_panel(figure, place, replace(summary, toy=True), grid, panel)
    assert place.get_xlabel() == "language of the question" and place.get_ylabel() == "language of the context"
    assert "TOY WORLD" in place.get_title().splitlines()


def test_a_study_without_pairs_says_what_to_write(
    generalised: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = studies.finished_study(tmp_path, questions=10, test={"languages": ["en", "de"]}).directory.path
    assert generalised.main([str(plain)]) == 1
    errors = capsys.readouterr().err
    assert "no scores of pairs of languages on XQuAD; write data.test.generalised: true" in errors
    assert errors.count("\n") == 1


def test_a_test_set_that_a_study_lacks_is_refused(
    generalised: ModuleType, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generalised.main([str(study), "--set", "mlqa"]) == 1
    assert "no test set 'mlqa'; name one of xquad" in capsys.readouterr().err
