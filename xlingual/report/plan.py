"""What a study would do, as tables."""

from __future__ import annotations

import json

from rich.console import Group, RenderableType
from rich.table import Table

from xlingual.study import Plan


def plan_tables(plan: Plan) -> RenderableType:
    """Draw a plan: the arms with their search spaces, the totals, the defaults that were filled in, and notes."""
    return Group(_arms(plan), "", _totals(plan), "", _defaults(plan), *(f"note: {note}" for note in plan.notes))


def _arms(plan: Plan) -> Table:
    table = Table(title=f"{plan.study}: {plan.question}", title_justify="left", title_style="bold")
    for header in ("arm", "model", "trials", "replicates", "updates", "searched"):
        table.add_column(header, justify="right" if header in ("trials", "replicates", "updates") else "left")
    for arm in plan.arms:
        searched = "\n".join(
            f"{parameter.name}: {parameter.text}{f' ({parameter.condition})' if parameter.condition else ''}"
            for parameter in arm.parameters
        )
        name = f"{arm.name} (baseline)" if arm.baseline else arm.name
        counts = (f"{count:,}" for count in (arm.trials, arm.replicates, arm.updates))
        table.add_row(name, arm.model, *counts, searched or "nothing")
    return table


def _totals(plan: Plan) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    trial = f"{plan.workers_per_trial} worker(s), {plan.cpus_per_trial:g} CPU, {plan.gpus_per_trial:g} GPU in all"
    rows = {
        "objective": plan.objective,
        "trials": f"{plan.trials} in the search, then {plan.replicates} replicates",
        "updates": f"{plan.updates:,} if no trial is stopped early",
        "test set": f"{plan.test_readings} readings, in {' '.join(plan.test_languages)}",
        "one trial": trial,
        "side by side": f"{plan.concurrent_trials} trials",
        "records": plan.directory,
    }
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _defaults(plan: Plan) -> Table:
    table = Table(title="defaults filled in", title_justify="left", title_style="bold", show_header=False)
    for key, value in plan.defaults:
        table.add_row(key, value if isinstance(value, str) else json.dumps(value))
    return table
