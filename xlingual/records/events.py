"""Folds a study's journal, event by event, into trials, choices and replicates.

Events of the journal (every one has `event` and `time`):
    stage_started, stage_ended    stage (it ends only when each of its trials did)
    trial_started                 arm, search, number, fingerprint, values (what the sampler chose), running (numbers
                                  of the search's trials that had not ended when it was drawn: of all others it was
                                  known how)
    trial_retried                 arm, search, number, fingerprint, reason, pause (seconds until the next try)
    trial_ended                   arm, search, number, fingerprint, state (finished | pruned | failed), objective,
                                  updates, reason, reports ([budget spent, objective] of each that its tries made),
                                  retry (true: the trial is not to blame, and the next command tries it again)
    space_exhausted               arm, search, trials, space (its fingerprint): it holds no further configuration
    chosen                        arm, search, number, fingerprint, objective, trials (how many ended trials it is based
                                  on)
    replicate_started             arm, search, seed, fingerprint, chosen (fingerprint of the search trial)
    replicate_retried             arm, search, seed, fingerprint, reason, pause
    replicate_ended               arm, search, seed, fingerprint, state, objective, updates, reason, reports, retry
    test_scored                   arm, seed, fingerprint, set, scores {language: {metric: percent, questions, ...}}: one
                                  event for each replicate and test set, and another for languages that were added
    study_changed                 study, spaces, renamed: see `xlingual.records.history`; where a request did it,
                                  request and written (what the study file said then)
    arm_stopped, arm_paused, arm_resumed   arm, request: no trials of it are begun (stopped: those that go on end, too)
    trial_reopened                arm, search, number or seed, fingerprint: it failed, and is to be trained again
    trials_reopened               request, trials (how many)
    request_refused               request, reason
    file_prevails                 action: the study file says something else than at the request, and counts again

`request` is what was asked from outside (see `xlingual.records.requests`): its id, action, value, time, by.

`search` is there in an arm that has several (see `xlingual.study.searches`); without it, the event is of its first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlingual.study.changes import drawn
from xlingual.study.searches import ArmSearch


class _Trained:
    """Fields that trials and replicates share."""

    __slots__ = ()
    arm: str
    search: int
    state: str
    retry: bool

    @property
    def of(self) -> ArmSearch:
        """The search it belongs to."""
        return ArmSearch(self.arm, self.search)

    @property
    def unfinished(self) -> bool:
        """Whether it still has to be trained: its driver died, or it waits for the next command."""
        return self.state == "running" or (self.state == "failed" and self.retry)


@dataclass(frozen=True, slots=True)
class TrialState(_Trained):
    """One search trial, as recorded in the journal; `objective` in percent, None while there is none.

    `running` and `reports` are as in the journal.
    """

    arm: str
    number: int
    fingerprint: str
    values: dict[str, Any]
    state: str = "running"
    objective: float | None = None
    updates: int = 0
    reason: str | None = None
    retry: bool = False
    running: tuple[int, ...] = ()
    reports: tuple[tuple[int, float], ...] = ()
    search: int = 1


@dataclass(frozen=True, slots=True)
class ReplicateState(_Trained):
    """The configuration that a search chose, under one seed.

    `scores` are those on each test set, as in the journal, and `scored` says whether every set of the present study has
    them.
    """

    arm: str
    seed: int
    fingerprint: str
    chosen: str
    state: str = "running"
    scored: bool = False
    reason: str | None = None
    retry: bool = False
    search: int = 1
    scores: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict, compare=False)

    def unscored(self, test_set: str, keys: Sequence[str]) -> tuple[str, ...]:
        """Those languages (or pairs) of a test set that it was not scored on; an event without scores is of all."""
        if test_set not in self.scores:
            return tuple(keys)
        known = self.scores[test_set]
        return tuple(key for key in keys if key not in known) if known else ()


def space_fingerprint(arm: Mapping[str, Any]) -> str:
    """Return the hash of an arm's search space, written with every default filled in."""
    return hashlib.sha256(json.dumps(drawn(arm), sort_keys=True).encode()).hexdigest()[:16]


def fold(
    events: Iterable[dict[str, Any]],
) -> tuple[list[TrialState], dict[ArmSearch, str], list[ReplicateState], str]:
    """Fold events, oldest first, into trials, chosen fingerprints by search, replicates, and the stage begun last."""
    trials: dict[tuple[ArmSearch, int], TrialState] = {}
    chosen: dict[ArmSearch, str] = {}
    replicates: dict[tuple[str, str], ReplicateState] = {}
    stage = "search"
    for event in events:
        kind = event["event"]
        if kind == "stage_started":
            stage = event["stage"]
        elif kind == "trial_started":
            trials[search_of(event), event["number"]] = TrialState(
                event["arm"],
                event["number"],
                event["fingerprint"],
                event["values"],
                running=tuple(event.get("running", ())),
                search=search_of(event).number,
            )
        elif kind == "trial_ended":
            key = (search_of(event), event["number"])
            picked = _picked(event, "state", "objective", "updates", "reason", "retry")
            reports = tuple((step, objective) for step, objective in event.get("reports", ()))
            trials[key] = replace(trials[key], reports=reports, **picked)
        elif kind == "trial_reopened":
            if "seed" in event:
                replicates[event["arm"], event["fingerprint"]] = replace(
                    replicates[event["arm"], event["fingerprint"]], retry=True
                )
            else:
                key = (search_of(event), event["number"])
                trials[key] = replace(trials[key], retry=True)
        elif kind == "chosen":
            chosen[search_of(event)] = event["fingerprint"]
        elif kind == "replicate_started":
            known = replicates.get((event["arm"], event["fingerprint"]))
            replicates[event["arm"], event["fingerprint"]] = ReplicateState(
                event["arm"],
                event["seed"],
                event["fingerprint"],
                event["chosen"],
                search=search_of(event).number,
                scores=known.scores if known else {},
            )
        elif kind == "replicate_ended":
            key_ = (event["arm"], event["fingerprint"])
            replicates[key_] = replace(replicates[key_], **_picked(event, "state", "reason", "retry"))
        elif kind == "test_scored":
            key_ = (event["arm"], event["fingerprint"])
            known_ = replicates[key_].scores
            scores = {**known_, event["set"]: {**known_.get(event["set"], {}), **event.get("scores", {})}}
            replicates[key_] = replace(replicates[key_], scores=scores)
    return list(trials.values()), chosen, list(replicates.values()), stage


def search_of(event: Mapping[str, Any]) -> ArmSearch:
    """The search that an event, or an item to be trained, belongs to."""
    return ArmSearch(event["arm"], event.get("search", 1))


def key_of(item: Mapping[str, Any]) -> str:
    """Name an item uniquely in its study: "baseline/3", "mixed/search-2/3", "baseline/seed-10101"."""
    if "seed" in item:
        return f"{item['arm']}/seed-{item['seed']}"
    search = f"search-{item['search']}/" if "search" in item else ""
    return f"{item['arm']}/{search}{item['number']}"


def exhausted(events: Iterable[dict[str, Any]], arms: Mapping[str, Any]) -> frozenset[ArmSearch]:
    """Return the searches that exhausted their arm's present space."""
    told = {(search_of(event), event["space"]) for event in events if event["event"] == "space_exhausted"}
    spaces = {arm: space_fingerprint(content) for arm, content in arms.items()}
    return frozenset(search for search, space in told if spaces.get(search.arm) == space)


def _picked(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: event[name] for name in names if name in event}
