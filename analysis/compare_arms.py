"""Which arms are better than which, and how often would one be better than another?

Prints the arms of each study by their mean over all languages but the source, with tie groups: arms that share a letter
are not called different (Holm over all pairs). Then every pair with its interval, and the probability that a search (or
seed) of an arm scores higher than one of the arm it is compared with (Bouthillier et al., arXiv 2103.03098). The CSV
has a row a pair; the figure shows the pairs.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.analyses.arm_ranks import outperforming, ranking
from xlingual.figures.arms import arm_pairs
from xlingual.scripts.arm_tables import outperforming_table, pair_rows, pair_table, rank_notes, rank_table
from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.tables import shown_of


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Ranks, pairs and probabilities of all studies."""
    rankings = {label: ranking(one) for label, one in studies.items()}
    better = {label: outperforming(one) for label, one in studies.items()}
    drawn = shown_of(studies, rankings)
    return Findings(
        [rank_table(studies, drawn), pair_table(drawn), outperforming_table(shown_of(studies, better))],
        rank_notes(rankings),
        pair_rows(rankings, better),
        lambda: arm_pairs(drawn),
    )


main = Script(__doc__, find)

if __name__ == "__main__":
    sys.exit(main())
