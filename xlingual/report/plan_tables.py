"""What a study would do, as tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xlingual.report.speed import estimate_table
from xlingual.study import ArmPlan, Plan, TrainingSettings
from xlingual.study.derived import OF_FAMILY, marked
from xlingual.task_metrics import counted

if TYPE_CHECKING:
    from xlingual.speed.estimate import Estimate


LONGEST_KEY = 44
"""Columns of a key; a longer one goes on in the next line after a dot."""


def plan_tables(plan: Plan, estimate: Estimate | None = None, *, defaults: bool = False) -> RenderableType:
    """Draw a plan: what it costs and what to know of it first, then its arms, what each searches, the defaults.

    Args:
        plan: of a study.
        estimate: of its hours.
        defaults: whether each default that is filled in gets a row, instead of one line for all.
    """
    title = Text(f"{plan.study}: {plan.question.strip()}", style="bold")
    hours = [Text(), estimate_table(estimate)] if estimate else []
    notes = [Text(f"note: {note}", style="yellow") for note in plan.notes]
    told = [Text(), *notes] if notes else []
    filled = _defaults(plan) if defaults else Text(f"{_count(plan)}; --defaults lists them", style="dim")
    tables = [_arms(plan), _searched(plan), filled]
    return Group(title, Text(), _totals(plan), *hours, *told, *(part for table in tables for part in (Text(), table)))


def _count(plan: Plan) -> str:
    return f"{counted(len(plan.defaults), 'defaults')} {'is' if len(plan.defaults) == 1 else 'are'} filled in"


def _arms(plan: Plan) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("arm", overflow="fold")
    for header in ("searches\nx trials", "winners\nx seeds", "passes per\nupdate", "\nupdates", "\npasses"):
        table.add_column(header, justify="right", overflow="fold")
    for arm in plan.arms:
        name = f"{arm.name} (baseline)" if arm.baseline else arm.name
        searches = f"{arm.searches} x {arm.trials // arm.searches:,}"
        winners = f"{arm.searches} x {arm.replicates // arm.searches:,}"
        table.add_row(name, searches, winners, _passes(arm), f"{arm.updates:,}", f"{arm.passes:,}")
    return table


def _passes(arm: ArmPlan) -> str:
    """Passes per update: "1", or the range that is searched, "3-4"."""
    fewest, most = arm.costs[0].passes_per_update, arm.costs[-1].passes_per_update
    return f"{fewest}" if fewest == most else f"{fewest}-{most}"


def _searched(plan: Plan) -> Table:
    """A row for each arm with the numbers that it searches, and below it one for each parameter."""
    table = _columns("searched", "space", "first trial")
    for arm in plan.arms:
        count = counted(arm.dimension, "numbers") if arm.parameters else "nothing"
        table.add_row(Text(f"{arm.name}: {count}", style="bold"))
        for parameter in arm.parameters:
            first = _first(arm.first[parameter.name]) if parameter.name in arm.first else "-"
            where = f", where {parameter.condition}" if parameter.condition else ""
            table.add_row(_key(parameter.name, indent=2), Text(parameter.text + where), first)
    return table


def _columns(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold", no_wrap=header == headers[0])
    return table


def _key(name: str, indent: int = 0) -> Text:
    """A dotted key; where it is too long for a line, it is broken after a dot."""
    lines = [""]
    for part in re.findall(r"[^.]*\.|[^.]+$", name):
        if lines[-1] and len(lines[-1] + part) > LONGEST_KEY - indent:
            lines.append("  ")
        lines[-1] += part
    return Text("\n".join(" " * indent + line for line in lines))


def _first(value: Any) -> str:
    """A value of the first trial; weights by name if they differ."""
    if isinstance(value, Mapping):
        weights = [f"{name}:{weight:.2g}" for name, weight in value.items()]
        return "equal" if max(value.values()) - min(value.values()) < 1e-9 else " ".join(weights)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _totals(plan: Plan) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    found = plan.workers_per_trial
    several = f"{found}" if isinstance(found, int) else " to ".join(map(str, found))
    workers = "1 worker" if found == 1 else f"{several} workers"
    trials = plan.concurrent_trials
    parallel = "as many trials as fit" if trials == "auto" else "1 trial" if trials == 1 else f"{trials} trials"
    models: dict[str, list[str]] = {}
    for arm in plan.arms:
        models.setdefault(arm.model, []).append(arm.name)
    of_arms = "; ".join(f"{model} ({', '.join(arms)})" for model, arms in models.items())
    stops = "" if plan.scheduler == "none" else f", fewer where the scheduler {plan.scheduler} stops trials"
    rows = {
        "model": next(iter(models)) if len(models) == 1 else of_arms,
        "objective": plan.objective,
        "trials": f"{plan.trials} in the searches, then {plan.replicates} replicates of their winners",
        "one trial's budget": _budget(plan),
        "in all": f"at most {plan.updates:,} updates and {plan.passes:,} passes{stops}",
        **{
            f"test set {name}": f"{counted(readings, 'readings')}, in {_read_in(plan, name)}"
            for name, readings in plan.test_readings.items()
        },
        "one trial": f"{workers}, {plan.cpus_per_trial:g} CPU, {plan.gpus_per_trial:g} GPU in all",
        "in parallel": parallel,
        "records": plan.directory,
    }
    for name, text in rows.items():
        table.add_row(name, Text(text))
    return table


def _read_in(plan: Plan, name: str) -> str:
    """Languages of a test set, and how many pairs of two are read too."""
    pairs = plan.test_pairs[name]
    return " ".join(plan.test_languages[name]) + (
        f", and in {counted(pairs, 'pairs')} of two languages" if pairs else ""
    )


def _budget(plan: Plan) -> str:
    if plan.equal == "nothing":
        each = ", ".join(f"{arm.name} {max(cost.updates for cost in arm.costs):,}" for arm in plan.arms)
        return f"updates of each arm: {each}"
    return f"{plan.trial_budget:,} {plan.equal}, the same in every arm"


OF_THE_FAMILY = {f"training.{key}" for key in marked(TrainingSettings, OF_FAMILY)} | {
    f"text_to_text.max_{part}_tokens" for part in ("input", "target", "answer")
}
"""Settings that a model's family supplies if a study has none."""


def _defaults(plan: Plan) -> Table:
    table = _columns("default filled in", "value")
    for key, value in plan.defaults:
        if value is None and key in OF_THE_FAMILY:
            value = "the model family's own"
        table.add_row(_key(key), Text(value if isinstance(value, str) else json.dumps(value)))
    return table
