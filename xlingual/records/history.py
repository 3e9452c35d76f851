"""A study's journal, read under the study's present definition.

A study file may change between two commands. The journal then holds an event `study_changed`:
    study      the definition from now on, with every default filled in
    spaces     by arm (its former name), the space its trials were drawn from until now, where that changed
    renamed    old name -> new name of arms
Trials that could not be drawn from the present space are set aside: they stay in the records and count for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.study.changes import drawn
from xlingual.study.legality import OutsideSpace, redrawn
from xlingual.study.searches import ArmSearch

CHANGED = "study_changed"
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A trial that could not be drawn from its arm's present space, and why."""

    arm: str
    number: int
    fingerprint: str
    reason: str
    search: int = 1

    @property
    def of(self) -> ArmSearch:
        """The search it belongs to."""
        return ArmSearch(self.arm, self.search)


def defined(events: Iterable[Event]) -> dict[str, Any] | None:
    """Return the last definition in the journal; None if the study never changed."""
    found: dict[str, Any] | None = None
    for event in events:
        if event["event"] == CHANGED:
            found = event["study"]
    return found


def as_of_now(
    events: Sequence[Event], arms: Mapping[str, Any], read: Collection[str] = ()
) -> tuple[list[Event], tuple[SetAside, ...]]:
    """Return the events under the present names and spaces of the arms, and the trials that are set aside.

    Events of these trials are left out. A choice from before a change of its arm's space is left out, for more or fewer
    trials may be legal now; but not where a replicate of it was scored on the test set.

    Args:
        events: of the journal.
        arms: the present ones, as a study's definition has them.
        read: fingerprints of the replicates for which the test set was read.
    """
    if not any(event["event"] == CHANGED for event in events):
        return list(events), ()
    found = _renamed_and_placed(events)
    tested = read_choices(events, read)
    started = {_trial(event): event for event in found if event["event"] == "trial_started"}  # the last start counts
    judged = {trial: _judged(event, arms.get(event["arm"], {})) for trial, event in started.items()}
    aside = {trial: one for trial, one in judged.items() if isinstance(one, SetAside)}
    kept = [
        event | {"values": judged[_trial(event)]} if event["event"] == "trial_started" else event
        for event in found
        if _trial(event) not in aside and not _outdated(event, tested)
    ]
    return kept, tuple(aside.values())


def names(events: Iterable[Event]) -> set[str]:
    """Return the arms of the journal, by their present names."""
    return {event["arm"] for event in _renamed_and_placed(events) if "arm" in event}


def read_choices(events: Iterable[Event], read: Collection[str]) -> set[tuple[str, str]]:
    """Return (arm, fingerprint) of each choice with a replicate in `read`, removed arms included."""
    started = (event for event in _renamed_and_placed(events) if event["event"] == "replicate_started")
    return {(event["arm"], event["chosen"]) for event in started if event["fingerprint"] in read}


def renamed_rows(rows: Sequence[Event], events: Iterable[Event]) -> tuple[Event, ...]:
    """Rows of the ledger with the present names of their arms; `events` of a row says how many preceded it."""
    found = list(rows)
    for position, event in enumerate(events):
        if event["event"] == CHANGED:
            found = [_under_new_name(row, event["renamed"]) if row["events"] <= position else row for row in found]
    return tuple(found)


def with_positions(events: Iterable[Event]) -> list[Event]:
    """Return the events, each with its place in the journal: of several machines' clocks none says what was first."""
    return [{**event, "position": position} for position, event in enumerate(events)]


def late_choices(events: Iterable[Event], readings: Iterable[Event]) -> frozenset[ArmSearch]:
    """Return the searches whose last choice came after the first reading of the test stage.

    Args:
        events: with their positions.
        readings: rows of the ledger.
    """
    first = min((row["events"] for row in readings if row["purpose"] == "test"), default=math.inf)
    chosen = {_search(event): event["position"] for event in events if event["event"] == "chosen"}
    return frozenset(search for search, position in chosen.items() if position >= first)


def _renamed_and_placed(events: Iterable[Event]) -> list[Event]:
    """Give every event its arm's present name, and each trial and choice before a change the space of that time."""
    found: list[Event] = []
    for event in events:
        if event["event"] == CHANGED:
            found = [_under_new_name(_placed(one, event["spaces"]), event["renamed"]) for one in found]
        else:
            found.append(event)
    return found


def _placed(event: Event, spaces: Mapping[str, Any]) -> Event:
    if event["event"] not in ("trial_started", "chosen") or "space" in event or event["arm"] not in spaces:
        return event
    return {**event, "space": spaces[event["arm"]]}


def _under_new_name(event: Event, renamed: Mapping[str, str]) -> Event:
    return {**event, "arm": renamed[event["arm"]]} if event.get("arm") in renamed else event


def _search(event: Event) -> ArmSearch:
    return ArmSearch(event.get("arm", ""), event.get("search", 1))


def _trial(event: Event) -> tuple[ArmSearch, Any]:
    return _search(event), event.get("number")


def _judged(event: Event, arm: Mapping[str, Any]) -> dict[str, Any] | SetAside:
    """Return a trial's values in the present space, or why it has none there."""
    values: dict[str, Any] = event["values"]
    try:
        return redrawn(event["space"], drawn(arm), values) if "space" in event else values
    except OutsideSpace as illegal:
        return SetAside(event["arm"], event["number"], event["fingerprint"], str(illegal), _search(event).number)


def _outdated(event: Event, tested: Collection[tuple[str, str]]) -> bool:
    return event["event"] == "chosen" and "space" in event and (event["arm"], event["fingerprint"]) not in tested
