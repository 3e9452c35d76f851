"""Bounds and choices of hyperparameters, the number of runs, and how a configuration is selected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.checklist.answers import UNKNOWN, Facts, Statement, facts
from xlingual.records.requests import moment
from xlingual.records.state import StudyState
from xlingual.report.chosen import SAME
from xlingual.report.summary import Summary
from xlingual.report.winners import Winner
from xlingual.study.changes import drawn
from xlingual.study.space import Simplex, from_written, in_words, nodes
from xlingual.task_metrics import counted

_NOT_SETTINGS = ("sources", "fingerprint", "seed")


def searched(state: StudyState, summary: Summary) -> Facts:
    """Every searched parameter of every arm: its bounds, and what each search chose."""
    rows = []
    for name, arm in summary.arms.items():
        for parameter, node in nodes(from_written(drawn(state.study["arms"][name]))):
            chosen = "; ".join(_chosen(winner, parameter, isinstance(node, Simplex)) for winner in arm.winners)
            rows.append((name, parameter, in_words(node), chosen or UNKNOWN))
        if not arm.searched:
            rows.append((name, "nothing is searched", UNKNOWN, UNKNOWN))
    columns = ("arm", "hyperparameter", "searched in", "chosen by each search, in order")
    return facts("hyperparameters", columns, rows, "study.json", "journal.jsonl", "trials/*/configuration.json")


def _chosen(winner: Winner, parameter: str, weights: bool) -> str:
    if parameter in winner.values:
        return _value(winner.values[parameter])
    found: Any = winner.configuration
    for step in parameter.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if weights and isinstance(found, Mapping):
        if max(found.values()) - min(found.values()) < SAME:
            return "equal"
        return " ".join(f"{name}:{weight:.2f}" for name, weight in found.items())
    return UNKNOWN if found is None else _value(found)


def _value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def fixed(summary: Summary) -> Facts:
    """Settings of the chosen configurations that are not searched; those that are the same in all arms in one row."""
    found: dict[tuple[str, str], list[str]] = {}
    arms = {name: arm for name, arm in summary.arms.items() if arm.configuration is not None}
    for name, arm in arms.items():
        for key, value in _leaves(arm.configuration or {}, ""):
            if not any(key == one or key.startswith(f"{one}.") for one in arm.searched):
                found.setdefault((key, _value(value)), []).append(name)
    rows = [(key, value, "all" if len(of) == len(arms) else ", ".join(of)) for (key, value), of in found.items()]
    return facts("fixed settings", ("setting", "value", "arms"), rows, "trials/*/configuration.json")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            if path or key not in _NOT_SETTINGS:
                yield from _leaves(inside, f"{path}.{key}" if path else str(key))
    elif value is not None:
        yield path, value


def runs(state: StudyState, summary: Summary) -> tuple[Facts, Facts]:
    """Numbers of searches and of trials by how they ended, and of replicates and their readings, of each arm."""
    trials, replicates = [], []
    sets = [one.test_set for one in (summary, *summary.others)]
    for name, arm in summary.arms.items():
        ended = Counter(trial.state for trial in state.arm_trials(name))
        by_state = [ended[one] for one in ("finished", "pruned", "failed")]
        trials.append((name, arm.searches, sum(ended.values()), *by_state, len(arm.set_aside)))
        mine = [one for one in state.replicates if one.arm == name]
        failed = sum(one.state == "failed" for one in mine)
        replicates.append((name, len(mine), failed, *(sum(each in one.scores for one in mine) for each in sets)))
    columns = ("arm", "searches", "trials", "finished", "stopped early", "failed", "of an earlier space")
    scored = [f"scored on {name}" for name in sets]
    return (
        facts("trials", columns, trials, "journal.jsonl"),
        facts("replicates", ("arm", "replicates", "failed", *scored), replicates, "journal.jsonl"),
    )


def requests(state: StudyState) -> Facts:
    """What was asked of the study by hand while it ran, and what became of it."""
    columns = ("asked", "by", "request", "state", "taken up", "reason")
    rows = [
        (
            moment(one.request.time),
            one.request.by,
            one.request.text,
            one.state,
            UNKNOWN if one.taken is None else moment(one.taken),
            one.reason or UNKNOWN,
        )
        for one in state.asked
    ]
    return facts("requests by hand", columns, rows, "journal.jsonl", "requests")


def selection(state: StudyState, summary: Summary) -> Statement:
    """How hyperparameters are drawn, and how a configuration is selected."""
    search: Mapping[str, Any] = state.study["search"]
    draws = str(search.get("sampler", "tpe"))
    sampler = {"tpe": "TPE (Optuna)", "random": "random sampling"}.get(draws, draws)
    first = " after a centred design" if draws == "tpe" and search.get("startup", "centred") == "centred" else ""
    stops = search.get("scheduler", "none")
    early = "no trial is stopped early" if stops == "none" else f"trials are stopped early by {stops}"
    equal = {"updates": "the same number of updates", "passes": "the same number of passes"}.get(
        summary.equal, "its arm's own number of updates"
    )
    return Statement(
        f"values are drawn by {sampler}{first}; {early}; every trial has {equal}; each search selects its finished "
        f"trial with the highest {summary.objective}, and of equals the earliest, which is trained again under seeds "
        "that no search used; only these replicates are scored on the test sets",
        ("study.json", "journal.jsonl"),
    )


def readings(summary: Summary) -> Statement:
    """How often each test set was opened."""
    said = [
        f"test set {one.test_set} was opened {counted(len(one.readings), 'times')}"
        for one in (summary, *summary.others)
    ]
    late = [f"{name}: search {number}" for name, arm in summary.arms.items() for number in arm.late]
    after = f"; chosen after the test set had been opened for another one: {', '.join(late)}" if late else ""
    return Statement("; ".join(said) + after, ("ledger.jsonl",))
