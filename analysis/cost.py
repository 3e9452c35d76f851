"""What did a score cost: updates, passes through the model, hours of devices, and trials of the search?

A pass takes each example of an update once forward and backward through the model; robust training may take several per
update. Prints a row an arm and report with the mean over the arm's replicates; the hours of each arm; and the best
score against the number of trials: expected where trials are independent draws (Dodge et al., arXiv 1909.03004, in its
unbiased form), else the mean over searches as they went. Only the last report of an arm is a whole training: before it
the learning rate has not finished its decay. The CSV is tidy: a row an arm, report and seed. The figure shows the means
over updates, passes and hours, with the range of the replicates.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.analyses.best_score import best_scores
from xlingual.analyses.cost_curves import arm_hours, cost_points
from xlingual.errors import DataError
from xlingual.figures.costs import cost_panels
from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.cost_tables import best_table, cost_notes_of, cost_rows, curve_table, hours_table
from xlingual.scripts.tables import shown_of


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Curves, hours and best scores of all studies."""
    points = {label: cost_points(one) for label, one in studies.items()}
    for label, found in points.items():
        if not found:
            raise DataError(f"{label}: no replicate has reported yet; let `xlingual run` end first")
    objectives = {label: one.summary.objective for label, one in studies.items()}
    hours = {label: arm_hours(one) for label, one in studies.items()}
    best = {label: best_scores(one.state) for label, one in studies.items()}
    drawn, trials = shown_of(studies, points), shown_of(studies, best)
    curves = [curve_table(label, studies[label].summary, found) for label, found in drawn.items()]
    more = [best_table(label, found, objectives[label]) for label, found in trials.items()]
    return Findings(
        [*curves, hours_table(shown_of(studies, hours)), *more],
        cost_notes_of(studies),
        cost_rows(studies, points),
        lambda: cost_panels(drawn, objectives),
    )


main = Script(__doc__, find, test_set=False, scored=False)

if __name__ == "__main__":
    sys.exit(main())
