"""Do scores, or gains, fall with a language's distance from English?

Prints the correlation over languages of each arm's score, and of its difference to the arm it is compared with, with
five likenesses to English (cosine similarities of URIEL's vectors: the predictors of Lauscher et al., arXiv
2005.00633), and the means by family, script and word order. Where each fact is from is written in
xlingual/analyses/languages.csv. With a dozen languages a correlation of 0.5 is still compatible with none: mind the
intervals. The CSV has a row a study, arm, likeness and language; the figure a panel a likeness.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.analyses.language_distance import distance_correlations, group_means
from xlingual.figures.arms import distance_scatters
from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.language_tables import distance_notes, distance_rows, distance_table, group_table
from xlingual.scripts.tables import shown_of


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Correlations and group means of all studies; the figure is of the first."""
    found = {label: distance_correlations(one.summary) for label, one in studies.items()}
    groups = {label: group_means(one.summary) for label, one in studies.items()}
    drawn = shown_of(studies, found)
    label, first = next(iter(studies.items()))
    title = f"{label}: {first.summary.metrics.headline.title}, percent"
    return Findings(
        [distance_table(studies, drawn), group_table(shown_of(studies, groups))],
        distance_notes(studies),
        distance_rows(found),
        lambda: distance_scatters([one for one in drawn[label] if one.of == "score"], title),
    )


main = Script(__doc__, find)

if __name__ == "__main__":
    sys.exit(main())
