"""Generalised transfer: scores of pairs of languages against each study's baseline, from the records of studies.

    python analysis/generalised_transfer.py STUDY_DIR [STUDY_DIR ...] [--set NAME] [--csv OUT.csv] [--figure OUT.png]

Prints the grids of one test set, each study's headline unless `--set` names another: what every arm scores where an
example's two texts are in two languages, and its differences. The study's `data.test` must be `generalised`. The CSV is
tidy: one row a study, arm, pair of languages (or one of `diagonal`, `off_diagonal`, `off_diagonal_minus_diagonal`) and
metric, with the mean over units, and the difference to the arm that it is compared with, its interval and p value. The
figure has a row a study: the baseline's scores, then the differences of every other arm, as coloured grids.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

from rich.console import Console

from xlingual.errors import DataError, XlingualError
from xlingual.records.attached import study_argument
from xlingual.report.grid import SUMS, Grid
from xlingual.report.grid_table import grid_notes, grid_tables
from xlingual.report.notes import warnings
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import Notes
from xlingual.report.wide_table import WideTable

COLUMNS = (
    *("study", "test_set", "arm", "baseline", "first", "second", "metric", "score", "units"),
    *("against", "difference", "low", "high", "p", "adjusted_p", "different"),
)
Panel: TypeAlias = tuple[str, dict[str, float], bool]
"""Title of a panel, a number for each key of the grid, and whether these are differences."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        studies = read_studies(chosen.studies, chosen.set)
        if chosen.csv is not None:  # files first: the reader of the tables may leave early
            write_csv([row for summary, grid in studies for row in tidy_rows(summary, grid)], chosen.csv)
        if chosen.figure is not None:
            draw(studies, chosen.figure)
        console = Console()
        for summary, _ in studies:
            for table in _tables(summary):
                console.print(table, "")
            console.print(Notes(grid_notes(summary)))
    except (XlingualError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_studies(directories: Sequence[Path], test_set: str | None = None) -> list[tuple[Summary, Grid]]:
    """Summaries of a test set, None for each study's headline, with their grids.

    Raises:
        DataError: when a study has no scores of pairs of languages.
        RecordError: when a directory is no study's, has no such test set, or a record is broken.
    """
    found = []
    for directory in directories:
        summary = summarize(directory, test_set)
        if summary.grid is None:
            raise DataError(
                f"{directory}: no scores of pairs of languages on {summary.title}; write data.test.generalised: true "
                "and run the study again: only these pairs are scored"
            )
        found.append((summary, summary.grid))
    return found


def _tables(summary: Summary) -> list[WideTable]:
    return grid_tables(summary, warnings(summary))


def tidy_rows(summary: Summary, grid: Grid) -> Iterator[dict[str, Any]]:
    """One row an arm, pair of languages (or sum of the grid) and metric, unrounded; what is not compared is None."""
    for arm, cells in grid.means.items():
        against = summary.arms[arm].against if arm in grid.differences else None
        for key, metrics in cells.items():
            first, second = (key, "") if key in SUMS else (key.split("-") * 2)[:2]
            for metric, units in metrics.items():
                gap = grid.differences.get(arm, {}).get(key, {}).get(metric)
                scores = (summary.study, summary.test_set, arm, summary.arms[arm].baseline, first, second, metric)
                compared = gap and (gap.estimate, gap.low, gap.high, gap.found.p, gap.adjusted_p, gap.different)
                values = (*scores, fmean(units), len(units), against, *(compared or (None,) * 6))
                yield dict(zip(COLUMNS, values, strict=True))


def write_csv(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write tidy rows; None is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def panels_of(summary: Summary, grid: Grid) -> list[Panel]:
    """Scores of the arms that are compared with no other, then differences of the others; of the headline metric."""
    metric = summary.headline
    scores: list[Panel] = [
        (f"{arm}: {summary.metrics[metric].title}", {key: fmean(cells[key][metric]) for key in grid.keys}, False)
        for arm, cells in grid.means.items()
        if arm not in grid.differences
    ]
    differences: list[Panel] = [
        (
            f"{arm} minus {summary.arms[arm].against}",
            {key: cells[key][metric].estimate for key in grid.keys},
            True,
        )
        for arm, cells in grid.differences.items()
    ]
    return [*scores, *differences]


def draw(studies: Sequence[tuple[Summary, Grid]], path: Path) -> None:
    """Draw a row of grids for each study.

    Raises:
        DataError: when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError("--figure needs matplotlib: pip install matplotlib, or leave --figure out") from None
    rows = [panels_of(*study) for study in studies]
    size = max(len(grid.languages) for _, grid in studies)
    width = max(map(len, rows))
    figure = Figure(figsize=((2 + 0.45 * size) * width, (1.6 + 0.4 * size) * len(rows)), layout="constrained")
    places = figure.subplots(len(rows), width, squeeze=False)
    for row, ((summary, grid), panels) in enumerate(zip(studies, rows, strict=True)):
        for place, panel in zip(places[row], panels, strict=False):
            _draw_panel(figure, place, summary, grid, panel)
        for place in places[row][len(panels) :]:
            place.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def _draw_panel(figure: Any, place: Any, summary: Summary, grid: Grid, panel: Panel) -> None:
    title, cells, differ = panel
    missing = float("nan")
    values = [
        [cells[key] if (key := grid.key(first, second)) else missing for second in grid.languages]
        for first in grid.languages
    ]
    reach = max((abs(value) for value in cells.values()), default=0.0) or 1.0
    colours = {"cmap": "RdBu", "vmin": -reach, "vmax": reach} if differ else {"cmap": "viridis"}
    image = place.imshow(values, **colours)
    figure.colorbar(image, ax=place, shrink=0.8)
    places = range(len(grid.languages))
    place.set_xticks(places, grid.languages, fontsize="small")
    place.set_yticks(places, grid.languages, fontsize="small")
    place.set_ylabel(f"language of the {summary.roles[0]}", fontsize="small")
    place.set_xlabel(f"language of the {summary.roles[1]}", fontsize="small")
    marks = "".join(f"\n{line.split(':')[0]}" for line in warnings(summary))
    place.set_title(f"{summary.study}, {summary.title}\n{title}{marks}", fontsize="small")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Scores of pairs of languages against each study's baseline.")
    parser.add_argument(
        "studies", nargs="+", type=study_argument, metavar="STUDY_DIR", help="directory or URL: STORAGE/NAME"
    )
    parser.add_argument("--set", metavar="NAME", help="test set of all studies; default: each study's headline")
    parser.add_argument("--csv", type=Path, help="write the scores and differences here")
    parser.add_argument("--figure", type=Path, help="draw the grids here (.png, .pdf or .svg)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
