"""The ledger of published claims: what was claimed, what finished studies measured, and the verdict.

`studies/claims/claims.yaml` holds every claim with its source, the studies that test it, and what was claimed, all
written before any result. A line of the ledger is one comparison of one study: an arm against its reference, in the
claim's test set and metric, with the 95% interval of the report. A claim that no study tests is listed with the reason.
Studies that test no claim are refused. The figure shows the measured differences beside the claimed ones.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from xlingual.analyses.claims import VERDICTS, ledger, ledger_row, read_claims, said_of
from xlingual.figures.arms import claim_lines
from xlingual.report.late_arms import shown
from xlingual.scripts.arm_tables import claim_table
from xlingual.scripts.command import Findings, Script, Studies

CLAIMS = Path(__file__).resolve().parents[1] / "studies" / "claims" / "claims.yaml"


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Every comparison of the studies, by claim."""
    claims = read_claims(chosen.claims)
    lines, flags = ledger(claims, chosen.studies)
    drawn = [shown(line, line.late) for line in lines]
    return Findings(
        [claim_table(drawn, flags)],
        [text.strip() for claim in claims for text in said_of(claim, lines)],
        [ledger_row(line) for line in lines],
        lambda: claim_lines(drawn),
    )


main = Script(f"{__doc__}\n{VERDICTS}", find, test_set=False, scored=False)
main.parser.add_argument(
    "--claims", type=Path, default=CLAIMS, metavar="FILE", help="the claims; default: the project's"
)

if __name__ == "__main__":
    sys.exit(main())
