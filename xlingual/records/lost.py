"""Detects records that the journal mentions but that are gone: nothing may be chosen without them."""

from __future__ import annotations

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.records.state import ReplicateState, StudyState, TrialState


def check_records(directory: StudyDirectory, state: StudyState) -> None:
    """Check that the records of every trial and replicate that reached its last update exist.

    Raises:
        RecordError: names those that do not; or where the ledger lacks a reading that a score was made of.
    """
    _check_ledger(directory, state)
    ended: list[TrialState | ReplicateState] = [*state.trials, *(each for each in state.replicates if not each.scored)]
    finished = [each for each in ended if each.state == "finished"]
    lost = [f"{_name(state, each)}: {reason}" for each in finished if (reason := _lost(directory, each))]
    if lost:
        raise RecordError(
            f"{directory.path}: records of finished trials are gone ({'; '.join(lost)}), so nothing can be chosen or "
            "reported. Restore them from a backup, or give the study another name and run it again"
        )


def _check_ledger(directory: StudyDirectory, state: StudyState) -> None:
    """What was read for decides what may be chosen again, so that no reading may be missing."""
    read = {(row["fingerprint"], row["set"]) for row in state.ledger if row["purpose"] == "test"}
    for each in state.all_replicates:
        for name in each.scores:
            if (each.fingerprint, name) not in read:
                raise RecordError(
                    f"{directory.ledger}: lacks the reading of test set {name} for arm {each.arm}, seed {each.seed}, "
                    "which was scored on it. Restore the file from a backup, or give the study another name and run "
                    "it again"
                )


def lost_records(directory: TrialDirectory, updates: int) -> str | None:
    """Return what is missing of a trial that reached an update; None if it is complete."""
    reports = journal.read(directory.reports)
    if not directory.configuration.exists():
        return f"{directory.configuration.name} is missing in {directory.path}"
    if not reports or reports[-1]["updates"] < updates:  # a trial may be stopped earlier than it was once trained
        found = f"ends at update {reports[-1]['updates']}, not {updates}" if reports else "is missing or empty"
        return f"{directory.reports.name} {found} in {directory.path}"
    return None


def _lost(directory: StudyDirectory, ended: TrialState | ReplicateState) -> str | None:
    trial = directory.trial(ended.fingerprint)
    if isinstance(ended, TrialState):
        return lost_records(trial, ended.updates)
    return None if trial.model.is_dir() else f"{trial.model.name}/ is missing in {trial.path}"


def _name(state: StudyState, ended: TrialState | ReplicateState) -> str:
    if isinstance(ended, TrialState):
        return f"{state.name_of(ended.of)} trial {ended.number}"
    return f"{ended.arm} seed {ended.seed}"
