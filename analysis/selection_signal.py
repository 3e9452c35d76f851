"""Which development score predicts the test score, and does the one that the searches selected by?

Prints Spearman's rank correlation over each study's replicates, of every development score in their last report with
the test score of the mean and of every language (after Keung et al., arXiv 2004.15001): over all replicates, and within
arms, where each arm's mean is taken off first. The CSV has a row a development score and test score; the figure shows
the replicates for the test's mean.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.analyses.selection_signal import selection_signals
from xlingual.figures.arms import signal_scatters
from xlingual.scripts.arm_tables import signal_notes, signal_rows, signal_table
from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.tables import shown_of


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Rank correlations of all studies."""
    signals = {label: selection_signals(one) for label, one in studies.items()}
    mean = {label: [one for one in found if one.test == found[0].test] for label, found in signals.items()}
    metric = next(iter(studies.values())).summary.metrics.headline.title
    return Findings(
        [signal_table(studies, signals)],
        signal_notes(studies),
        signal_rows(signals),
        lambda: signal_scatters(shown_of(studies, mean), metric),
    )


main = Script(__doc__, find)

if __name__ == "__main__":
    sys.exit(main())
