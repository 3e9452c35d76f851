"""How the end of a trial or replicate is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlingual.records.requests import ENDED_BY_REQUEST


def end_by_request(updates: int, reports: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """How a trial ends without going on because its arm was stopped: as `TrialQueue` records it.

    Args:
        updates: that it came to.
        reports: of all its tries.
    """
    if not reports:
        return {
            "state": "failed",
            "last": {"updates": updates},
            "reason": f"{ENDED_BY_REQUEST} before its first report",
        }
    last = {"updates": updates, "objective": reports[-1][1]}
    return {"state": "pruned", "last": last, "reason": f"{ENDED_BY_REQUEST} after {updates} updates"}


def end_record(
    state: str,
    last: Mapping[str, Any],
    reason: str | None,
    reports: Sequence[tuple[int, float]],
    *,
    retry: bool = False,
) -> dict[str, Any]:
    """What the journal says of an end."""
    return {
        "state": state,
        "objective": last.get("objective"),
        "updates": last.get("updates", 0),
        "reason": reason,
        "retry": retry,
        "reports": list(reports),
    }
