"""Parameters, time, hardware and versions: from what trials and commands wrote down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.checklist.answers import UNKNOWN, Facts, Statement, facts
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import FOLDER_MARK, StudyDirectory
from xlingual.records.state import StudyState

HOUR = 3600.0


@dataclass(frozen=True)
class Training:
    """What one trial or replicate took.

    Attributes:
        arm: that it is of.
        whole: whether it was trained to its last update.
        seconds: of updates and of scoring development data between them; tries that were lost do not count.
        worker_seconds: the same, times the number of workers.
        devices: that it ran on.
        precisions: that it was computed in.
    """

    arm: str
    whole: bool
    seconds: float
    worker_seconds: float
    devices: tuple[str, ...]
    precisions: tuple[str, ...]


def trainings(place: StudyDirectory, state: StudyState) -> list[Training]:
    """Every trial and replicate that was started, each configuration of a seed once."""
    started = [
        *((one.arm, one.fingerprint, one.state == "finished") for one in state.trials),
        *((one.arm, one.fingerprint, one.state == "finished") for one in state.all_replicates),
    ]
    found = {fingerprint: (arm, whole) for arm, fingerprint, whole in reversed(started)}
    return [_training(place, fingerprint, *one) for fingerprint, one in reversed(found.items())]


def _training(place: StudyDirectory, fingerprint: str, arm: str, whole: bool) -> Training:
    directory = place.trial(fingerprint)
    starts, reports = journal.read(directory.environment), journal.read(directory.reports)
    seconds = [float(report.get("seconds", 0.0)) for report in reports]
    workers = [_workers(starts, int(report["updates"])) for report in reports]
    return Training(
        arm=arm,
        whole=whole,
        seconds=sum(seconds),
        worker_seconds=sum(one * number for one, number in zip(seconds, workers, strict=True)),
        devices=_distinct(starts, "device"),
        precisions=_distinct(starts, "precision"),
    )


def _workers(starts: Sequence[Mapping[str, Any]], updates: int) -> int:
    """Workers of the last start before a report."""
    before = [int(start.get("workers", 1)) for start in starts if int(start.get("from_update", 0)) < updates]
    return before[-1] if before else 1


def _distinct(starts: Iterable[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(start[key]) for start in starts if key in start))


def budget(state: StudyState, found: Sequence[Training]) -> Facts:
    """Runtime of each arm and in all; GPU-hours where workers have GPUs."""
    gpus = float((state.study.get("scaling") or {}).get("gpus_per_worker") or 0.0)
    rows = [_row(arm, [one for one in found if one.arm == arm], gpus) for arm in state.arms]
    columns = ("arm", "runs", "hours", "hours of a whole run", "worker hours", "GPU hours", "device", "precision")
    records = ("journal.jsonl", "trials/*/reports.jsonl", "trials/*/environment.jsonl")
    return facts("training of trials and replicates", columns, [*rows, _row("in all", found, gpus)], *records)


def _row(name: str, found: Sequence[Training], gpus: float) -> tuple[Any, ...]:
    timed = [one for one in found if one.seconds]
    whole = [one.seconds for one in timed if one.whole]
    workers = sum(one.worker_seconds for one in timed) / HOUR
    return (
        name,
        len(found),
        _hours(sum(one.seconds for one in timed) / HOUR, timed),
        _hours(sum(whole) / len(whole) / HOUR, whole) if whole else UNKNOWN,
        _hours(workers, timed),
        _hours(workers * gpus, timed) if gpus else "0",
        ", ".join(dict.fromkeys(device for one in found for device in one.devices)) or UNKNOWN,
        ", ".join(dict.fromkeys(each for one in found for each in one.precisions)) or UNKNOWN,
    )


def _hours(hours: float, known: Sequence[Any]) -> str:
    return f"{hours:.3g}" if known else UNKNOWN


def wall_clock(place: StudyDirectory) -> Statement:
    """Time from the first event to the last, and what the hours of training leave out."""
    times = [float(event["time"]) for event in journal.read(place.journal) if "time" in event]
    hours = (max(times) - min(times)) / HOUR if times else 0.0
    return Statement(
        f"{hours:.3g} hours passed from the first event to the last, pauses between commands included; hours of "
        "training are those of updates and of scoring development data, without preparing data, starting processes, "
        "lost tries and reading the test sets",
        ("journal.jsonl",),
    )


def hardware(place: StudyDirectory) -> Facts:
    """Each kind of machine that a command found, and when it was first used."""
    rows: dict[tuple[str, ...], None] = {}
    for line in journal.read(place.environment):
        nodes = Counter(_node(node) for node in line.get("nodes") or [])
        said = "; ".join(f"{number} x {node}" for node, number in nodes.items()) or UNKNOWN
        rows[str(line.get("platform", UNKNOWN)), str(line.get("cpus", UNKNOWN)), said] = None
    columns = ("platform of the driver", "its CPUs", "nodes")
    return facts("machines", columns, list(rows), "environment.jsonl")


def _node(node: Mapping[str, Any]) -> str:
    """A node's CPUs, GPUs, their kind and its memory."""
    kinds = [key.removeprefix("accelerator_type:") for key in node if key.startswith("accelerator_type:")]
    memory = f", {float(node['memory']) / 2**30:.0f} GiB for tasks" if "memory" in node else ""
    gpus = f", {node['GPU']:g} GPU{f' ({kinds[0]})' if kinds else ''}" if node.get("GPU") else ""
    return f"{float(node.get('CPU', 0)):g} CPU{gpus}{memory}"


def versions(place: StudyDirectory) -> Facts:
    """Versions of software, several where commands had several."""
    found: dict[str, dict[str, None]] = {}
    for line in journal.read(place.environment):
        for package, version in {"Python": line.get("python"), **(line.get("versions") or {})}.items():
            if version is not None:
                found.setdefault(str(package), {})[str(version)] = None
    rows = [(package, ", ".join(each)) for package, each in found.items()]
    return facts("software", ("package", "version"), rows, "environment.jsonl")


def parameters(place: StudyDirectory, state: StudyState) -> Facts:
    """Number of parameters of each arm's trained models."""
    numbers: dict[str, set[int]] = {arm: set() for arm in state.arms}
    for one in state.replicates:
        path = place.trial(one.fingerprint).model / FOLDER_MARK
        if path.exists() and isinstance(number := read_json(path).get("parameters"), int):
            numbers[one.arm].add(number)
    models = {
        arm: str(says.get("model") or state.study.get("model", UNKNOWN)) for arm, says in state.study["arms"].items()
    }
    rows = [(arm, models[arm], ", ".join(f"{n:,}" for n in sorted(found)) or UNKNOWN) for arm, found in numbers.items()]
    columns = ("arm", "pretrained model", "parameters, with its head")
    return facts("parameters", columns, rows, "study.json", f"trials/*/model/{FOLDER_MARK}")
