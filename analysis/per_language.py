"""In which languages does an arm gain, and in which does it score worst?

Prints one table a metric: zero-shot scores by language with the differences to each study's baseline, and published
scores of others; then each arm's transfer gap (the source language minus the mean of the others) and its worst
language; and how many questions no answer can score on, because the official rule normalises their gold answers to
nothing. Every difference is within a study. The CSV is tidy: a row a study, arm, language (or "mean") and search or
seed; its difference columns are about the whole arm, so they repeat. The figure shows the differences of the headline
metric.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.analyses.per_language import tidy_rows
from xlingual.errors import DataError
from xlingual.figures.languages import language_differences
from xlingual.report.notes import notes, set_notes
from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.language_table import language_table
from xlingual.scripts.language_tables import empty_golds_table, gap_table, worst_table


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Scores, gaps and worst languages of all studies."""
    summaries = {label: one.summary for label, one in studies.items()}
    first = next(iter(summaries.values()))
    if len({summary.metrics.names for summary in summaries.values()}) > 1:
        sets = ", ".join(f"{summary.study} {summary.test_set}" for summary in summaries.values())
        raise DataError(f"the headline sets have different metrics ({sets}); name one test set of all studies by --set")
    tables = [language_table(summaries, metric) for metric in first.metrics.ranked]
    more = [gap_table(studies), worst_table(studies), empty_golds_table(studies)]
    below = [
        f"{label}: {note}"
        for label, one in summaries.items()
        for note in (set_notes if one.headline_title else notes)(one)
    ]
    return Findings(
        [*tables, *(table for table in more if table)],
        below,
        list(tidy_rows(summaries)),
        lambda: language_differences(summaries),
    )


main = Script(__doc__, find)

if __name__ == "__main__":
    sys.exit(main())
