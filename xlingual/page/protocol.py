"""How a study was done: budgets, seeds, selection, what was read and dropped, versions and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import PurePath
from typing import Any

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState
from xlingual.report.late_arms import marked
from xlingual.report.notes import objective_in_words
from xlingual.report.status import asked_text, status_table
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable
from xlingual.task_metrics import counted

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the protocol: what, and a text or several."""

    name: str
    texts: tuple[str, ...]


def facts(place: StudyDirectory, state: StudyState, summary: Summary) -> list[Fact]:
    """The protocol in lines."""
    found = {
        "Models": _models(state),
        "Training data": [_data(state)],
        "Budget": _budget(state),
        "Requests by hand": [asked_text(one) for one in state.asked],
        "Sampler": [_sampler(state)],
        "Selection signal": [objective_in_words(summary)],
        "Seeds of scored models": _seeds(summary),
        "Test sets": list(_test_sets(summary)),
        "Contamination": [_contamination(summary)],
        "Trained": [_trained(state)],
        "Trained on": _devices(place, state),
        "Versions": _versions(journal.read(place.environment)),
    }
    return [Fact(name, tuple(texts)) for name, texts in found.items() if texts]


def tables(place: StudyDirectory, state: StudyState) -> list[WideTable]:
    """The protocol's tables: trials and replicates, commands and machines, readings of the test sets."""
    commands = journal.read(place.environment)
    return [
        status_table(state),
        *([_commands(state, commands)] if commands else []),
        *([_readings(state)] if state.ledger else []),
    ]


def _models(state: StudyState) -> list[str]:
    """Each model with its fingerprint, and the arms that start from it."""
    by_model: dict[str, list[str]] = {}
    for arm, says in state.study["arms"].items():
        source = state.sources.get(f"model of {arm}") or state.sources.get("model") or {}
        marks = [f"{word} {source[word]}" for word in ("commit", "fingerprint") if source.get(word)]
        name = str(says.get("model") or state.study.get("model", ""))
        by_model.setdefault(", ".join([name, *marks]) if name else ", ".join(marks), []).append(str(arm))
    if len(by_model) == 1:
        return [text for text in by_model if text]
    return [f"{', '.join(arms)}: {model}" for model, arms in by_model.items()]


def _data(state: StudyState) -> str:
    data, source = state.study["data"], state.sources.get("train", {})
    kept = source.get("counts", {}).get("kept")
    examples = [] if kept is None else [f"{kept:,} examples"]
    mark = [f"fingerprint {source['fingerprint']}"] if source.get("fingerprint") else []
    return ", ".join([str(data.get("train", "-")), *examples, f"in {data.get('source_language', 'en')}", *mark])


def _budget(state: StudyState) -> list[str]:
    counts = {
        f"{counted(of.count, 'searches')} with {counted(of.trials, 'trials')} each; every winner trained again under "
        f"{counted(of.seeds, 'seeds')}": [arm for arm, other in state.searches.items() if other == of]
        for of in state.searches.values()
    }
    lines = list(counts) if len(counts) == 1 else [f"{', '.join(arms)}: {text}" for text, arms in counts.items()]
    equal = state.study["search"].get("equal", "updates")
    return [
        *lines,
        "each arm with its own updates" if equal == "nothing" else f"whole trials of all arms equal in {equal}",
    ]


def _sampler(state: StudyState) -> str:
    search = state.study["search"]
    scheduler = search.get("scheduler", "none")
    stopped = "no trial is stopped early" if scheduler == "none" else f"scheduler {scheduler}"
    return f"{search.get('sampler', 'tpe')}, seed {search.get('seed', 0)}; {stopped}"


def _seeds(summary: Summary) -> list[str]:
    by_seeds: dict[tuple[int, ...], list[str]] = {}
    for arm in summary.arms.values():
        if arm.seeds:
            by_seeds.setdefault(arm.seeds, []).append(arm.name)
    texts = {", ".join(map(str, seeds)): arms for seeds, arms in by_seeds.items()}
    return list(texts) if len(texts) == 1 else [f"{', '.join(arms)}: {seeds}" for seeds, arms in texts.items()]


def _test_sets(summary: Summary) -> Iterator[str]:
    for one in (summary, *summary.others):
        standing = " (secondary)" if one.headline_title else " (headline)" if summary.others else ""
        languages = ", ".join(one.languages) or "not scored yet"
        questions = max(one.questions.values(), default=0)
        yield (
            f"{one.title}{standing}: {languages}; up to {questions:,} {one.words.examples} per language; "
            f"{counted(len(one.readings), 'readings')}"
        )


def _contamination(summary: Summary) -> str:
    if summary.contamination is None:
        return "training data was not compared with the test set's texts"
    dropped = [f"{count:,} of {part}" for part, count in summary.contamination.items() if count]
    found = f"{', '.join(dropped)} overlapped and were dropped" if dropped else "nothing overlapped"
    return f"training data was compared with the test set's texts before the first trial: {found}"


def _trained(state: StudyState) -> str:
    trials, replicates = len(state.trials), len(state.replicates)
    updates = sum(trial.updates for trial in state.trials)
    return f"{counted(trials, 'trials')} ({updates:,} updates in all) and {counted(replicates, 'replicates')}"


def _devices(place: StudyDirectory, state: StudyState) -> list[str]:
    """Each kind of machine that trained, with the number of trainings; the last start of a training counts."""
    counts: Counter[str] = Counter()
    for one in [one.fingerprint for one in state.trials] + [one.fingerprint for one in state.replicates]:
        starts = journal.read(place.trial(one).environment)
        if starts:
            counts[_device(starts[-1])] += 1
    return [f"{text}: {counted(count, 'trainings')}" for text, count in counts.most_common()]


def _device(start: Row) -> str:
    workers = start.get("workers", 1)
    parts = [
        str(start.get("device_name") or start.get("device", "unknown device")),
        *([f"{workers} workers"] if workers != 1 else []),
        *([counted(start["threads"], "threads")] if "threads" in start else []),
        *([str(start["precision"])] if "precision" in start else []),
        *([f"{start['rows']} rows"] if "rows" in start else []),
        *(["deterministic"] if start.get("deterministic") else []),
    ]
    return ", ".join(parts)


def _versions(commands: Sequence[Row]) -> list[str]:
    """Each set of versions that a command ran with, the latest first."""
    found = dict.fromkeys(
        ", ".join(
            [
                *(f"{name} {number}" for name, number in command.get("versions", {}).items()),
                *([f"Python {command['python']}"] if "python" in command else []),
                *([str(command["platform"])] if "platform" in command else []),
            ]
        )
        for command in reversed(commands)
    )
    return [text for text in found if text]


def _commands(state: StudyState, commands: Sequence[Row]) -> WideTable:
    columns = [
        Column("command", [_command(one) for one in commands], justify="left", wraps=True),
        Column("nodes", [str(len(one.get("nodes", ())) or "-") for one in commands]),
        Column("CPUs", [_sum(one, "CPU") for one in commands]),
        Column("GPUs", [_sum(one, "GPU") for one in commands]),
        Column("trials at a time", [str(one.get("concurrent", "-")) for one in commands]),
    ]
    first = Column("began (UTC)", [_time(one) for one in commands])
    return WideTable(f"{state.name}: commands, and the cluster that each had", (), first, [columns])


def _command(one: Row) -> str:
    program, *rest = [str(part) for part in one.get("command", ("-",))]
    return " ".join([PurePath(program).name, *rest])


def _sum(one: Row, kind: str) -> str:
    return f"{sum(node.get(kind, 0.0) for node in one.get('nodes', ())):g}"


def _readings(state: StudyState) -> WideTable:
    rows, headline = state.ledger, next(iter(state.test_sets))
    columns = [
        Column("test set", [str(row.get("set", headline)) for row in rows], justify="left"),
        Column("arm", [marked(str(row.get("arm", "-")), state.late_arms) for row in rows], justify="left"),
        Column("seed", [str(row.get("seed", "-")) for row in rows]),
        Column("model", [str(row.get("fingerprint", "-")) for row in rows], justify="left"),
        Column("purpose", [str(row.get("purpose", "-")) for row in rows], justify="left"),
    ]
    first = Column("time (UTC)", [_time(row) for row in rows])
    return WideTable(f"{state.name}: every reading of a test set, in the ledger's order", (), first, [columns])


def _time(row: Row) -> str:
    return datetime.fromtimestamp(float(row.get("time", 0.0)), timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
