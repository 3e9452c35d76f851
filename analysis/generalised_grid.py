"""Does an arm gain more where an example's two texts are in two languages (generalised transfer)?

Prints the grids of one test set: what every arm scores for each pair of languages, and its differences. The study's
`data.test` must be `generalised`. The CSV is tidy: a row a study, arm, pair of languages (or one of `diagonal`,
`off_diagonal`, `off_diagonal_minus_diagonal`) and metric, with the mean over units, and the difference to the arm that
it is compared with, its interval and p value. The figure has a row a study: the baseline's scores, then the differences
of every other arm, as coloured grids.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.analyses.grid_panels import grid_rows
from xlingual.errors import DataError
from xlingual.figures.grids import language_grids
from xlingual.report.grid_table import grid_notes, grid_tables
from xlingual.report.late_arms import with_marks
from xlingual.report.notes import warnings
from xlingual.scripts.command import Findings, Script, Studies


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Grids of all studies."""
    grids = []
    for label, one in studies.items():
        if one.summary.grid is None:
            raise DataError(
                f"{label}: no scores of pairs of languages on {one.summary.title}; write data.test.generalised: true "
                "and run the study again: only these pairs are scored"
            )
        grids.append((one.summary, one.summary.grid))
    return Findings(
        [with_marks(table, one.late) for one, _ in grids for table in grid_tables(one, warnings(one))],
        [note for summary, _ in grids for note in grid_notes(summary)],
        [row for summary, grid in grids for row in grid_rows(summary, grid)],
        lambda: language_grids(grids),
    )


main = Script(__doc__, find)

if __name__ == "__main__":
    sys.exit(main())
