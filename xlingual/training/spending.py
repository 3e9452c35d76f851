"""What a training has spent when it reports."""

from __future__ import annotations

from typing import Any

from xlingual.study import TrialConfiguration, passes_of


def spending(configuration: TrialConfiguration, updates: int) -> dict[str, Any]:
    """Return what a report after so many updates says of the training's cost.

    Returns:
        `total_updates` of the whole training; `passes` of each example through the model so far, were it part of every
        update; `share`, the part of the training that is done: i of n reports, free of the rounding to whole updates.
    """
    training = configuration.training
    number = max(1, round(updates * training.reports / training.updates))
    return {
        "total_updates": training.updates,
        "passes": updates * passes_of(configuration.robust),
        "share": number / training.reports,
    }
