"""How much of its budget a trial has spent when it reports.

Whole trials of a study are equal in updates or in passes; in the second case a trial of more passes per update has
fewer updates. Its share of its own training is what it can be compared by: as all whole trials cost the same, equal
shares are equal costs, and trials that report equally often meet at the very same shares, however updates are rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def spent(report: Mapping[str, Any], full_budget: int) -> int:
    """Return what a trial has spent at a report, in the unit of `full_budget`; at least 1.

    Args:
        report: `share` of the trial's training that is done; without it (records of before, when all trials had equal
            updates) `updates`.
        full_budget: updates of a whole trial, or passes where trials are equal in these.
    """
    if "share" not in report:
        return int(report["updates"])
    return max(1, round(full_budget * report["share"]))


def is_whole(report: Mapping[str, Any], full_budget: int) -> bool:
    """Say whether a report is that of a trial's last update; `total_updates` are the trial's own."""
    return int(report.get("updates", 0)) >= int(report.get("total_updates", full_budget))
