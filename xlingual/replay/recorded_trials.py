"""The trials and replicates of a study that ended, by the names that a user gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.errors import RecordError
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.records.state import ReplicateState, StudyState, TrialState
from xlingual.search.recording_callback import Item, key_of, label_of

FORMS = "a fingerprint or its beginning, ARM/NUMBER, ARM/search-SEARCH/NUMBER, or ARM/seed-SEED"


@dataclass(frozen=True, slots=True)
class RecordedTrial:
    """A trial or replicate, as the records hold it.

    Attributes:
        item: what was trained, without its configuration.
        records: its files.
        state: `finished`, `pruned` or `failed`; `running` where it did not end.
        reason: why it was pruned or failed.
        stopped_after: updates after which a trial scheduler stopped it; None where none did.
        sets: by test set that it was scored on, the languages and pairs; none stands for all of them.
    """

    item: Item
    records: TrialDirectory
    state: str
    reason: str | None
    stopped_after: int | None = None
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name: "baseline/3", "mixed/search-2/3", "baseline/seed-10101"."""
        return key_of(self.item)

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"{self.item['arm']}, {label_of(self.item)}"

    @property
    def is_replicate(self) -> bool:
        """Whether its model was kept."""
        return "seed" in self.item

    def configuration(self) -> dict[str, Any]:
        """What it computes, as `TrialConfiguration.canonical` says it."""
        content: dict[str, Any] = read_json(self.records.configuration)
        content.pop("fingerprint", None)
        return content


def recorded_trials(directory: StudyDirectory, state: StudyState) -> list[RecordedTrial]:
    """All trials that the study counts, then its replicates; those that did not end among them."""
    found = [_of_trial(directory, state, trial) for trial in state.trials]
    return [*found, *(_of_replicate(directory, state, one) for one in state.replicates)]


def trial_named(directory: StudyDirectory, state: StudyState, name: str) -> RecordedTrial:
    """Find the trial or replicate that a user means.

    Raises:
        RecordError: when there is none, or several, or it did not end.
    """
    trials = recorded_trials(directory, state)
    found = [one for one in trials if one.key == name]
    if not found and name:
        found = [one for one in trials if one.item["fingerprint"].startswith(name)]
    if not found:
        aside = next((one for one in state.set_aside if name and one.fingerprint.startswith(name)), None)
        if aside is not None:
            raise RecordError(
                f"{directory.path}: trial {name} is set aside, as it could not be drawn from what arm {aside.arm} "
                f"searches now ({aside.reason}); name a trial that counts"
            )
        such = f", such as {trials[0].key}" if trials else "; the study has none yet"
        raise RecordError(f"{directory.path}: no trial {name!r}; write {FORMS}{such}")
    different = {one.item["fingerprint"]: one.key for one in found}
    if len(different) > 1:
        names = ", ".join(list(different)[:4]) + (" and so on" if len(different) > 4 else "")
        raise RecordError(f"{directory.path}: {len(different)} trials begin with {name} ({names}); write more of it")
    if found[0].state == "running":
        raise RecordError(
            f"{directory.path}: trial {found[0].key} did not end, so that there is nothing to compare with; run the "
            "study's own command first"
        )
    return found[0]


def _of_trial(directory: StudyDirectory, state: StudyState, trial: TrialState) -> RecordedTrial:
    item = {
        **dict(_named(state, trial)),
        "number": trial.number,
        "values": trial.values,
        "running": list(trial.running),
        "fingerprint": trial.fingerprint,
    }
    stopped_after = trial.updates if trial.state == "pruned" else None
    return RecordedTrial(item, directory.trial(trial.fingerprint), _ended(trial), trial.reason, stopped_after)


def _of_replicate(directory: StudyDirectory, state: StudyState, replicate: ReplicateState) -> RecordedTrial:
    item = {
        **dict(_named(state, replicate)),
        "seed": replicate.seed,
        "chosen": replicate.chosen,
        "fingerprint": replicate.fingerprint,
    }
    sets = {name: tuple(scores) for name, scores in replicate.scores.items()}
    records = directory.trial(replicate.fingerprint)
    return RecordedTrial(item, records, _ended(replicate), replicate.reason, sets=sets)


def _named(state: StudyState, one: TrialState | ReplicateState) -> Iterator[tuple[str, Any]]:
    yield "arm", one.arm
    if state.searches[one.arm].count > 1:
        yield "search", one.search


def _ended(one: TrialState | ReplicateState) -> str:
    return "running" if one.unfinished else one.state
