"""How do scores respond to the magnitude of a perturbation, and from which magnitude on does learning end?

An arm with a fixed magnitude is a point: its x is the magnitude of its noise, or the radius (without one: the step) of
its adversarial perturbation, in root mean squares of the word embeddings' elements. Arms that differ in magnitudes
alone are one line of test scores. Where magnitudes are searched, the response is that of the development score, as in
mixture_response.py. The figure shows the lines, or the searched magnitudes if no arm has a fixed one; the CSV has a row
an arm and unit, or a row a training.
"""

from __future__ import annotations

import argparse
import sys

from xlingual.scripts.command import Findings, Script, Studies
from xlingual.scripts.response_tables import magnitude_findings


def find(studies: Studies, chosen: argparse.Namespace) -> Findings:
    """Responses to fixed and to searched magnitudes."""
    return magnitude_findings(studies)


main = Script(__doc__, find, scored=False)

if __name__ == "__main__":
    sys.exit(main())
