"""Reads a study's runs from its records alone: whatever tracker they are sent to, these decide what is there."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from xlingual.records import journal
from xlingual.records.attached import refresh
from xlingual.records.files import read_json
from xlingual.records.history import CHANGED
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, StudyState, TrialState, state_of
from xlingual.search.recording_callback import key_of
from xlingual.trackers.results import final_results
from xlingual.trackers.run import Point, Table, TrackedRun, Value

NOT_MEASURED = ("updates", "total_updates", "passes", "share")
"""Fields of a report that say when it was made."""

Event = Mapping[str, Any]


@dataclass
class _Times:
    """When trials started and ended, by kind and fingerprint, and what is known of the test stage."""

    started: dict[tuple[str, str], float] = field(default_factory=dict)
    ended: dict[tuple[str, str], float] = field(default_factory=dict)
    scored: dict[str, list[Event]] = field(default_factory=dict)
    closed: bool = False
    closed_at: float = 0.0
    closings: int = 0
    last: float = 0.0


class RunReader:
    """Reads the runs of one study, again and again while it goes on.

    Args:
        directory: the study's; it may not be there yet.
    """

    def __init__(self, directory: StudyDirectory) -> None:
        self.directory = directory
        self._settled: dict[str, tuple[Any, TrackedRun]] = {}
        self._final: tuple[int, Table, tuple[Point, ...]] | None = None

    def runs(self) -> list[TrackedRun]:
        """The study first, then its trials and replicates that have begun; empty before its first event.

        Raises:
            StorageError: when the records cannot be read now.
            RecordError: when a record is broken.
        """
        events = journal.read(self.directory.journal)
        if not events:
            return []
        state, times = state_of(self.directory, events), _times(events)
        names = _first_names(events)
        trained: list[TrialState | ReplicateState] = [*state.trials, *state.replicates]
        runs = (self._run(state, times, names.get(one.arm, one.arm), one) for one in trained)
        return [self._study(state, times), *(run for run in runs if run is not None)]

    def _study(self, state: StudyState, times: _Times) -> TrackedRun:
        table: Table | None = None
        points: tuple[Point, ...] = ()
        if times.closed:
            if self._final is None or self._final[0] != times.closings:
                self._final = (times.closings, *final_results(self.directory, times.closings, times.closed_at))
            _, table, points = self._final
        return TrackedRun(
            id=_id(state.name, "study"),
            name=state.name,
            kind="study",
            arm="",
            state="finished" if times.closed else "running",
            started=min(times.started.values(), default=times.last),
            ended=times.closed_at if times.closed else None,
            configuration={
                "question": str(state.study.get("question", "")).strip(),
                "model": str(state.study["model"]),
                "arms": ", ".join(state.arms),
                "trials_per_arm": state.trials_per_arm,
                "searches": state.study["replicates"]["searches"],
                "seeds": state.study["replicates"]["seeds"],
                "objective": str(state.study["search"]["objective"]),
            },
            points=points,
            table=table,
            settled=times.closed,
        )

    def _run(
        self, state: StudyState, times: _Times, first_name: str, one: TrialState | ReplicateState
    ) -> TrackedRun | None:
        """A trial or replicate; None before its first try. One that is settled is kept as it is until that changes."""
        kind = "replicate" if isinstance(one, ReplicateState) else "trial"
        run = _id(state.name, kind, first_name, one.fingerprint)
        scores = times.scored.get(one.fingerprint, []) if isinstance(one, ReplicateState) else []
        seen = (one, times.closed, len(scores), state.searches[one.arm].count > 1)
        if run not in self._settled or self._settled[run][0] != seen:
            made = self._made(state, times, run, kind, first_name, one, scores)
            if made is None or not made.settled:
                return made
            self._settled[run] = (seen, made)
        return self._settled[run][1]

    def _made(
        self,
        state: StudyState,
        times: _Times,
        run: str,
        kind: str,
        first_name: str,
        one: TrialState | ReplicateState,
        scores: Sequence[Event],
    ) -> TrackedRun | None:
        present = "running" if one.unfinished else one.state
        started = times.started.get((kind, one.fingerprint), times.last)
        trained = self._trained(one, started, whole=present != "running")
        if trained is None:
            return None
        configuration, points = trained
        search = {"search": one.search} if state.searches[one.arm].count > 1 else {}
        number = {"seed": one.seed} if isinstance(one, ReplicateState) else {"number": one.number}
        chosen = {"chosen": one.chosen} if isinstance(one, ReplicateState) else {}
        of: dict[str, Value] = {"study": state.name, "kind": kind, "arm": one.arm, "search": one.search, **number}
        step = max((point.step for point in points), default=0)
        return TrackedRun(
            id=run,
            name=key_of({"arm": first_name, **search, **number}),
            kind=kind,
            arm=one.arm,
            state=present,
            started=started,
            ended=None if present == "running" else times.ended.get((kind, one.fingerprint), times.last),
            configuration={**of, "fingerprint": one.fingerprint, **chosen, **configuration},
            points=(*points, *_test_points(state, scores, step)),
            reason=one.reason if present in ("failed", "pruned") else None,
            settled=_is_settled(one, present, times.closed),
        )

    def _trained(
        self, one: TrialState | ReplicateState, started: float, *, whole: bool
    ) -> tuple[dict[str, Value], tuple[Point, ...]] | None:
        """Configuration and reports of a trial; None of one that waits for its first try."""
        trial = self.directory.trial(one.fingerprint)
        if whole:
            refresh(trial.path)  # of a study at a URL: a worker on another machine wrote it
        if trial.configuration.exists():
            configuration = dict(flat(read_json(trial.configuration)))
        elif whole:
            configuration = dict(flat(getattr(one, "values", {})))
        else:
            return None
        return configuration, _points(journal.read(trial.reports), started)


def flat(tree: Any, path: str = "") -> Iterator[tuple[str, Value]]:
    """Yield the plain values of a tree by dotted path; lists as text, and nothing for None."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list | tuple):
        yield path, ", ".join(map(str, tree))
    elif tree is not None:
        yield path, tree


def _points(reports: Sequence[Event], started: float) -> tuple[Point, ...]:
    """A point for each number of updates, by its last report: a try that began anew reports again."""
    found: dict[int, Point] = {}
    time = started
    for report in reports:
        time += float(report.get("seconds") or 0.0)
        values = {
            name: float(value)
            for name, value in report.items()
            if name not in NOT_MEASURED and isinstance(value, int | float) and math.isfinite(value)
        }
        found[report["updates"]] = Point(str(report["updates"]), report["updates"], time, values)
    return tuple(found[step] for step in sorted(found))


def _test_points(state: StudyState, events: Sequence[Event], step: int) -> Iterator[Point]:
    """Scores of a replicate on the test sets: a point for each language, and one for the mean of all but the source.

    Languages may have been added since the first reading; the mean over them all follows a step later.
    """
    source = str(state.study["data"].get("source_language", "en"))
    known: dict[str, dict[str, Mapping[str, float]]] = {}
    for event in events:
        test_set, time = event["set"], event["time"]
        after = step + (test_set in known)
        of_set = known.setdefault(test_set, {})
        for language, scores in event.get("scores", {}).items():
            of_set[language] = {metric: float(score) for metric, score in scores.items() if metric != "questions"}
            yield Point(f"test/{test_set}/{language}", step, time, _named(test_set, language, of_set[language]))
        targets = [scores for language, scores in of_set.items() if language != source and "-" not in language]
        if targets:
            shared = [metric for metric in targets[0] if all(metric in scores for scores in targets)]
            means = {metric: fmean(scores[metric] for scores in targets) for metric in shared}
            yield Point(f"test/{test_set}/mean of {len(targets)}", after, time, _named(test_set, "mean", means))


def _named(test_set: str, language: str, scores: Mapping[str, float]) -> dict[str, float]:
    return {f"test/{test_set}/{language}/{metric}": score for metric, score in scores.items()}


def _is_settled(one: TrialState | ReplicateState, present: str, closed: bool) -> bool:
    """Whether a trial has ended; a finished replicate is scored on the test sets, too."""
    if isinstance(one, ReplicateState) and present == "finished":
        return one.scored and closed
    return present != "running"


def _times(events: Sequence[Event]) -> _Times:
    found = _Times()
    waiting: list[Event] = []
    for event in events:
        kind, _, what = event["event"].partition("_")
        found.last = max(found.last, event["time"])
        if kind in ("trial", "replicate"):
            place = (kind, event["fingerprint"])
            if what == "started":
                found.started.setdefault(place, event["time"])
            elif what == "ended":
                found.ended[place] = event["time"]
        elif kind == "stage":
            found.closed = what == "ended" and event["stage"] == "test"
            if found.closed:  # until then nobody is shown a score of the test stage
                found.closed_at, found.closings = event["time"], found.closings + 1
                for scored in waiting:
                    found.scored.setdefault(scored["fingerprint"], []).append(scored)
                waiting.clear()
        elif event["event"] == "test_scored":
            waiting.append(event)
    return found


def _first_names(events: Sequence[Event]) -> dict[str, str]:
    """By an arm's present name, the one that it had first, if that is another: runs keep it."""
    found: dict[str, str] = {}
    for event in events:
        if event["event"] == CHANGED:
            renamed = {new: found.pop(old, old) for old, new in event["renamed"].items()}
            found |= renamed
    return found


def _id(*parts: str) -> str:
    """The identity of a run: 16 hexadecimal digits."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:16]
