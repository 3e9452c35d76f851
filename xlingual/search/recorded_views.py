"""Trials and replicates of a study's records, as a watcher sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlingual.activity import counted, doing
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, StudyState, TrialState
from xlingual.search.listener import Listener, TrialView
from xlingual.search.recording_callback import Item, trial_view


def item_of(state: StudyState, one: TrialState | ReplicateState) -> Item:
    """What names a trial or replicate: arm, search where the arm has several, number or seed."""
    named: Item = {"arm": one.arm, **({"search": one.search} if state.searches[one.arm].count > 1 else {})}
    return named | ({"seed": one.seed} if isinstance(one, ReplicateState) else {"number": one.number})


def recorded_view(directory: StudyDirectory, state: StudyState, one: TrialState | ReplicateState) -> TrialView:
    """Return a trial or replicate after its last report; it waits while its training has not begun."""
    trial = directory.trial(one.fingerprint)
    is_begun = trial.configuration.exists()
    item = item_of(state, one)
    item["configuration"] = read_json(trial.configuration) if is_begun else {"training": state.study["training"]}
    last: Mapping[str, Any]
    if isinstance(one, TrialState) and one.state != "running":
        last = {"updates": one.updates, "objective": one.objective}
    else:
        last = (journal.read(trial.reports) or [{}])[-1]
    return trial_view(item, one.state if is_begun or one.state != "running" else "waiting", last, reason=one.reason)


def tell_recorded(directory: StudyDirectory, state: StudyState, listener: Listener) -> None:
    """Tell a listener what earlier commands finished."""
    every: list[TrialState | ReplicateState] = [*state.trials, *state.replicates]
    ended = [one for one in every if not one.unfinished]
    scores = {
        (one.arm, one.seed, test_set): {language: dict(of) for language, of in scores.items()}
        for one in state.replicates
        for test_set, scores in one.scores.items()
    }
    if ended:
        with doing("reading the records", len(ended)) as reading:
            listener.recorded([recorded_view(directory, state, one) for one in counted(ended, reading)], scores)
