"""The progress of a study and what its search found: counts, and two tables of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xlingual.records.requests import ENDED_BY_REQUEST, Asked, moment
from xlingual.records.state import StudyState, best_of, reasons_of
from xlingual.report.chosen import chosen_text
from xlingual.report.late_arms import marked
from xlingual.report.wide_table import Column, WideTable
from xlingual.study.objectives import recorded_objective
from xlingual.task_metrics import counted

NOTHING = "-"
REQUESTS_SHOWN = 8
_TRIAL_STATES = ("finished", "pruned", "failed", "running")


def status(state: StudyState) -> dict[str, Any]:
    """Counts for `xlingual status --json`: trials and replicates, in all and per arm; `best` in percent or None."""
    arms = {name: _arm_status(state, name) for name in state.arms}
    trials = {kind: sum(arm["trials"][kind] for arm in arms.values()) for kind in ("total", *_TRIAL_STATES)}
    kinds = ("total", "finished", "running", "failed", "scored")
    return {
        "study": state.name,
        "stage": state.stage,
        "complete": state.complete,
        "active": state.active,
        "oracle": state.oracle,
        "objective": _objective(state),
        "equal": state.study["search"].get("equal", "updates"),
        "trials": trials,
        "replicates": {kind: sum(arm["replicates"][kind] for arm in arms.values()) for kind in kinds},
        "arms": arms,
        "paused": list(state.held.paused),
        "stopped": dict(state.stops),
        "requests": [one.as_json() for one in state.asked],
        "test_set_readings": len(state.ledger),
        "test_sets": {
            name: {"readings": len(_readings(state, name)), "scored": sum(scored.values())}
            for name in state.test_sets
            for scored in [_scored(state, name)]
        },
    }


def status_table(state: StudyState) -> WideTable:
    """Arms by counts of trials and of replicates of the chosen configuration."""
    counts = status(state)
    arms = counts["arms"].values()
    trials = [Column(kind, [str(arm["trials"][kind]) for arm in arms]) for kind in _TRIAL_STATES]
    trials.insert(0, Column("search\ntrials", [str(arm["trials"]["total"]) for arm in arms]))
    replicates = [Column("seeds\ntrained", [_share(arm["replicates"], "finished") for arm in arms])]
    for name in state.test_sets:
        header = "seeds\ntested" if len(state.test_sets) == 1 else f"seeds tested\non {name}"
        scored = _scored(state, name)
        cells = [f"{scored[arm]}/{counts['arms'][arm]['replicates']['total']}" for arm in state.arms]
        replicates.append(Column(header, cells))
    opened = _opened(state)
    work = "complete" if state.complete else "a driver is at work" if state.active else "no driver is at work"
    title = f"{state.name}: stage {state.stage}, {work}, {opened}"
    lines = [
        *_oracle(state),
        *_set_aside(state),
        *(f"FAILED: {line}." for line in state.failures),
        *request_lines(state),
    ]
    names = [marked(arm, state.late_arms) for arm in state.arms]
    return WideTable(title, lines, Column("arm", names), [trials, [_best(state)], replicates])


def search_table(state: StudyState, configurations: Mapping[str, Mapping[str, Any]] | None = None) -> WideTable:
    """Arms by ended trials, the best development objective, and what their searches chose.

    With `configurations` (fingerprint -> chosen configuration) mixture weights are shown by name instead of the
    sampler's coordinates.
    """
    arms = status(state)["arms"].values()
    ended = [Column(kind, [str(arm["trials"][kind]) for arm in arms]) for kind in ("finished", "pruned", "failed")]
    chosen = [chosen_text(state, name, configurations or {}) for name in state.arms]
    equal = state.study["search"].get("equal", "updates")
    said_equal = "each arm with its own updates" if equal == "nothing" else f"equal in {equal}"
    most = max(of.count for of in state.searches.values())
    split = f" in {most} searches" if most > 1 else ""
    trials = f"{counted(state.trials_per_arm, 'trials')} per arm{split}"
    title = f"{state.name}: search on {_objective(state)}, {trials}, {said_equal}"
    groups = [[*ended, _best(state)], [Column("chosen", chosen, justify="left", wraps=True)]]
    return WideTable(title, _oracle(state), Column("arm", state.arms), groups)


def _arm_status(state: StudyState, name: str) -> dict[str, Any]:
    trials = Counter(trial.state for trial in state.arm_trials(name))
    mine = [replicate for replicate in state.replicates if replicate.arm == name]
    replicates = Counter(replicate.state for replicate in mine)
    best = best_of(state.arm_trials(name))
    searches = [one for one in state.all_searches if one.arm == name]
    failed = {one.number: reason for one, reason in state.failed.items() if one.arm == name}
    return {
        "searches": len(searches),
        "trials": {
            "total": sum(max(state.searches[name].trials, len(state.trials_of(one))) for one in searches),
            **{kind: trials[kind] for kind in _TRIAL_STATES},
        },
        "replicates": {
            "total": max(state.searches[name].replicates, len(mine)),
            **{kind: replicates[kind] for kind in ("finished", "running", "failed")},
            "scored": sum(replicate.scored for replicate in mine),
        },
        "best": best.objective if best else None,
        "failed": reasons_of(failed) if len(failed) == len(searches) else None,
        "failed_searches": {str(number): reason for number, reason in failed.items()},
        "set_aside": set_aside(state, name),
    }


def set_aside(state: StudyState, arm: str) -> dict[str, str]:
    """Why trials of an arm could not be drawn from its present space, by number: "3", or "2/3" of search 2."""
    several = state.searches[arm].count > 1
    return {
        (f"{one.search}/{one.number}" if several else str(one.number)): one.reason
        for one in state.set_aside
        if one.arm == arm
    }


def ended_by_request(state: StudyState, arm: str) -> int:
    """Number of an arm's trials that ended because it was stopped by hand."""
    return sum((trial.reason or "").startswith(ENDED_BY_REQUEST) for trial in state.arm_trials(arm))


def request_lines(state: StudyState) -> list[str]:
    """What was asked of the study from outside, and the arms that are held, a line each."""
    lines = [
        f"PAUSED: {arm}, since {moment(at)}; the test set is not opened meanwhile. Go on with "
        f"`xlingual control STUDY_DIR resume {arm}`."
        for arm, at in state.held.paused.items()
    ]
    lines += [f"STOPPED: {arm} was {text}." for arm, text in state.stops.items()]
    hidden = len(state.asked) - REQUESTS_SHOWN
    if hidden > 0:
        lines.append(f"{counted(hidden, 'requests')} before these: `xlingual control STUDY_DIR`")
    return [*lines, *map(asked_text, state.asked[-REQUESTS_SHOWN:])]


def asked_text(one: Asked) -> str:
    """A request in a line: what, by whom, when, and what became of it."""
    asked, at = moment(one.request.time), "" if one.taken is None else moment(one.taken)
    same_day = asked.split()[0] == at.partition(" ")[0]
    taken = f"{one.state} at {at.split()[1] if same_day else at}" if at else "not taken up yet"
    return f"{one.request.text}: {one.request.origin}, {taken}{f' ({one.reason})' if one.reason else ''}"


def _scored(state: StudyState, test_set: str) -> Counter[str]:
    """Number of replicates of each arm that are scored on a test set."""
    keys = state.test_sets[test_set].keys
    scored = [one for one in state.replicates if test_set in one.scores and not one.unscored(test_set, keys)]
    return Counter(replicate.arm for replicate in scored)


def _readings(state: StudyState, test_set: str) -> list[Mapping[str, Any]]:
    """The ledger's readings of a test set; a row without a set is of the headline."""
    headline = next(iter(state.test_sets))
    return [row for row in state.ledger if row.get("set", headline) == test_set]


def _opened(state: StudyState) -> str:
    """How often the test sets were opened: "test set opened once", "test sets opened: xquad 4, mlqa 2 times"."""
    if len(state.test_sets) == 1:
        return "test set opened once" if len(state.ledger) == 1 else f"test set opened {len(state.ledger)} times"
    return f"test sets opened: {', '.join(f'{name} {len(_readings(state, name))}' for name in state.test_sets)} times"


def _objective(state: StudyState) -> str:
    return recorded_objective(state.study)


def _oracle(state: StudyState) -> list[str]:
    return ["ORACLE: the search was allowed to see the test set."] if state.oracle else []


def _set_aside(state: StudyState) -> list[str]:
    """A line for each arm with trials that could not be drawn from its present space."""
    counts = Counter(one.arm for one in state.set_aside)
    return [
        f"{arm}: {'1 trial is' if count == 1 else f'{count} trials are'} not in the space that it searches now"
        for arm, count in counts.items()
    ]


def _best(state: StudyState) -> Column:
    trials = [best_of(state.arm_trials(arm)) for arm in state.arms]
    cells = [NOTHING if trial is None else f"{trial.objective:.1f}" for trial in trials]
    return Column(f"best\n{_objective(state)}", cells)


def _share(replicates: Mapping[str, int], kind: str) -> str:
    return f"{replicates[kind]}/{replicates['total']}"
