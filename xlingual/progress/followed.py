"""Follow a study from its records alone: its events are what differs between two looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from xlingual.errors import RecordError
from xlingual.progress.outline import STAGES
from xlingual.progress.study_view import Scores
from xlingual.records.attached import refresh
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import is_held
from xlingual.records.state import ReplicateState, StudyState, TrialState, read_state
from xlingual.search.listener import ClusterUse, Listener, TrialView
from xlingual.search.recorded_views import item_of, recorded_view
from xlingual.search.recording_callback import key_of

QUIET_LOOKS = 5
"""Looks without a driver after which nobody runs the study: a driver that restarts lets go of the lock for a moment."""


class Follower:
    """Tells a listener what is new in a study's records since the last look.

    Args:
        directory: the study's; it may not be there yet.
        listener: told of every change.
    """

    def __init__(self, directory: StudyDirectory, listener: Listener) -> None:
        self._directory, self._listener = directory, listener
        self._read: tuple[tuple[int, ...], StudyState] | None = None
        self._shown: dict[str, TrialView] = {}
        self._scored: dict[tuple[str, int, str], int] = {}
        self._begun: list[str] = []
        self._plan: tuple[int, dict[str, str]] | None = None
        self._ended: set[str] = set()

    def look(self) -> StudyState | None:
        """Tell what is new; returns the study's state, None while there is none.

        Raises:
            StorageError: when the records cannot be read now.
            RecordError: when a record is broken.
        """
        refresh(self._directory.path)
        if not self._directory.journal.exists():
            return None
        state = self._state_now()
        reached = STAGES.index(state.stage) if state.stage in STAGES else len(STAGES)
        held = {**dict.fromkeys(state.held.paused, "paused"), **dict.fromkeys(state.held.stopped, "stopped")}
        for position, stage in enumerate(STAGES[: reached + 1]):
            self._tell(state, stage)
            plan = (_size(state, stage)[0], held)
            if state.asked and stage == state.stage and plan != self._plan:
                self._plan = plan
                self._listener.plan_changed(*plan)
            if (position < reached or state.complete) and stage not in self._ended:
                self._ended.add(stage)
                self._listener.stage_ended(stage)
        return state

    def _state_now(self) -> StudyState:
        """Read the state, or take the last one where nothing was written since: it costs 0.3 s with 5,000 trials."""
        files = (self._directory.journal, self._directory.ledger, self._directory.study_json, self._directory.sources)
        written = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in files)
        if self._read is None or self._read[0] != written:
            self._read = written, read_state(self._directory)
        return replace(self._read[1], active=is_held(self._directory.lock))

    def _tell(self, state: StudyState, stage: str) -> None:
        """Tell what is new in one stage."""
        if stage not in self._begun:
            self._begun.append(stage)
            self._listener.stage_started(stage, *_size(state, stage))
        if stage == "test":
            self._tell_scores(state)
            return
        for one in state.trials if stage == "search" else state.replicates:
            view = self._view(state, one)
            if view != self._shown.get(view.key):
                self._shown[view.key] = view
                self._listener.trial_changed(view)

    def _tell_scores(self, state: StudyState) -> None:
        for replicate in state.replicates:
            for test_set, scores in replicate.scores.items():
                key, told = (replicate.arm, replicate.seed, test_set), len(scores)
                if self._scored.get(key, -1) < told:  # a language may be added
                    self._scored[key] = told
                    languages = {language: dict(of) for language, of in scores.items()}
                    self._listener.test_scored(*key, languages)

    def _view(self, state: StudyState, one: TrialState | ReplicateState) -> TrialView:
        known = self._shown.get(key_of(item_of(state, one)))
        if known is not None and known.state == one.state != "running":
            return known
        return recorded_view(self._directory, state, one)


def _size(state: StudyState, stage: str) -> tuple[int, int]:
    """How many items a stage has, and how many of them ended before."""
    if stage == "search":
        return state.trials_planned, sum(not trial.unfinished for trial in state.trials)
    planned = sum(state.searches[search.arm].seeds for search in state.chosen)
    if stage == "replicate":
        return planned, sum(not replicate.unfinished for replicate in state.replicates)
    failed = sum(replicate.state == "failed" for replicate in state.replicates)
    scored = sum(len(replicate.scores) for replicate in state.replicates)
    return (planned - failed) * len(state.test_sets), scored


def follow(directory: StudyDirectory, listener: Listener, pause: Callable[[], None]) -> StudyState:
    """Tell a listener what happens to a study, until it is complete or nobody runs it any more.

    Args:
        directory: the study's.
        listener: told of every change.
        pause: called between two looks.

    Returns:
        the state at the last look.

    Raises:
        RecordError: when the directory is no study's or a record is broken.
    """
    follower, quiet = Follower(directory, listener), 0
    while True:
        state = follower.look()
        if state is None:
            raise RecordError(
                f"{directory.path}: no study was run there yet; name the directory of one that was started "
                "(STORAGE/NAME)"
            )
        quiet = 0 if state.active else quiet + 1
        if state.complete or quiet > QUIET_LOOKS:
            return state
        pause()


def events(lines: Iterator[Mapping[str, Any]], listener: Listener) -> Iterator[Mapping[str, Any]]:
    """Tell a listener what `JsonLines` wrote elsewhere; yields what is no event of a study."""
    for line in lines:
        kind = line.get("event")
        if kind == "stage_started":
            listener.stage_started(line["stage"], line["total"], line["done"])
        elif kind == "stage_ended":
            listener.stage_ended(line["stage"])
        elif kind == "trial_changed":
            fields = TrialView.__dataclass_fields__
            listener.trial_changed(TrialView(**{name: line[name] for name in fields if name in line}))
        elif kind == "test_scored":
            listener.test_scored(line["arm"], line["seed"], line["set"], line["scores"])
        elif kind == "cluster_used":
            listener.cluster_used(ClusterUse(line["nodes"], line["used"], line["total"]))
        elif kind == "plan_changed":
            listener.plan_changed(line["total"], line["held"])
        elif kind == "note":
            listener.note(line["text"])
        else:
            yield line


class News:
    """Passes on what a listener was not told before: followed again, a study tells everything from its beginning."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._told: set[str] = set()
        self._trials: dict[str, TrialView] = {}
        self._plan: tuple[int, dict[str, str]] | None = None

    def recorded(self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Scores]) -> None:
        """Pass on what came before, which was not told."""
        self._listener.recorded(trials, scores)

    def cluster_used(self, use: ClusterUse) -> None:
        """Pass on."""
        self._listener.cluster_used(use)

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Pass on the first."""
        if self._is_new(f"begin {stage}"):
            self._listener.stage_started(stage, total, done)

    def stage_ended(self, stage: str) -> None:
        """Pass on the first."""
        if self._is_new(f"end {stage}"):
            self._listener.stage_ended(stage)

    def trial_changed(self, trial: TrialView) -> None:
        """Pass on what differs from the last of the trial."""
        if self._trials.get(trial.key) != trial:
            self._trials[trial.key] = trial
            self._listener.trial_changed(trial)

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Pass on the first."""
        if self._is_new(f"score {arm} {seed} {test_set}"):
            self._listener.test_scored(arm, seed, test_set, language_scores)

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Pass on what differs from the last."""
        if (total, held) != self._plan:
            self._plan = (total, dict(held))
            self._listener.plan_changed(total, held)

    def note(self, text: str) -> None:
        """Pass on the first."""
        if self._is_new(f"note {text}"):
            self._listener.note(text)

    def close(self) -> None:
        """Nothing more will come."""
        self._listener.close()

    def _is_new(self, key: str) -> bool:
        new = key not in self._told
        self._told.add(key)
        return new
