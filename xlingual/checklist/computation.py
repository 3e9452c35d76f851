"""Parameters, time, hardware and versions: from what trials and commands wrote down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from xlingual.analyses.cost_curves import ArmHours, arm_hours
from xlingual.analyses.study_records import StudyRecords
from xlingual.checklist.answers import UNKNOWN, Facts, Statement, facts
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import FOLDER_MARK, StudyDirectory
from xlingual.records.state import StudyState

HOUR = 3600.0


def budget(records: StudyRecords) -> Facts:
    """Runtime of each arm's trainings and in all; GPU hours where workers have GPUs."""
    arms = arm_hours(records)
    rows = [_row(one.arm, [one], *_of_arm(records, [one.arm])) for one in arms]
    every = _row("in all", arms, *_of_arm(records, records.state.arms))
    gpus = float((records.state.study.get("scaling") or {}).get("gpus_per_worker") or 0.0)
    unit = "GPU hours" if gpus else "CPU worker hours"
    columns = ("arm", "runs", "one run", "search", "replicates", "in all", "device", "precision")
    files = ("journal.jsonl", "trials/*/reports.jsonl", "trials/*/environment.jsonl")
    title = f"training in {unit}; one run: hours of a replicate, on the clock"
    return facts(title, columns, [*rows, every], *files)


def _of_arm(records: StudyRecords, arms: Iterable[str]) -> tuple[float | None, list[str]]:
    """Mean hours that a replicate's training took from its first update to its last report, and its precisions."""
    mine = [one.fingerprint for one in records.state.replicates if one.arm in arms and one.state == "finished"]
    directories = [records.place.trial(fingerprint) for fingerprint in mine]
    seconds = [sum(row.get("seconds", 0.0) for row in journal.read(one.reports)) for one in directories]
    starts = [start for one in directories for start in journal.read(one.environment)]
    known = [one / HOUR for one in seconds if one]
    return fmean(known) if known else None, list(dict.fromkeys(str(s["precision"]) for s in starts if "precision" in s))


def _row(name: str, found: Sequence[ArmHours], whole: float | None, precisions: Sequence[str]) -> tuple[Any, ...]:
    runs = sum(one.trials + one.replicates for one in found)
    search, replicates = sum(one.search_hours for one in found), sum(one.replicate_hours for one in found)
    hours = (f"{each:.3g}" if runs else UNKNOWN for each in (search, replicates, search + replicates))
    devices = dict.fromkeys(device for one in found for device in one.devices)
    said = [", ".join(each) or UNKNOWN for each in (devices, precisions)]
    return (name, runs, UNKNOWN if whole is None else f"{whole:.3g}", *hours, *said)


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
