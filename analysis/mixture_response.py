"""How does the development score respond to the mixture: to the share of FAQ pages, and to each language's weight?

Prints, for each arm that searches a mixture, the mean objective of the trials in the lowest, middle and highest third
of each weight, with its interval; the slope; and the weight's importance (PED-ANOVA) beside what chance gives. Full
trainings alone count. Weights are as used, not the coordinates in which they were drawn. The CSV has a row a training;
the figure a panel a weight.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.response_tables import response_findings


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Responses to the parameters of mixtures."""
    return response_findings(studies, "mixture.", "the mixture")


main = Script(__doc__, find, test_set=False, scored=False)

if __name__ == "__main__":
    sys.exit(main())
