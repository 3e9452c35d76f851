"""Requests to a study, from outside of the command that runs it: one small file each, and what became of it.

    requests/TIME-RANDOM.json    {"action", "value", "time", "by"}: written once, never changed

Nobody appends to a file that another one writes, so that this works on file systems that several machines mount, and
in object stores. The driver writes to the journal what it did about a request, in an event that has the request in it
(see `xlingual.records.events`); a request that no event has is pending.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from xlingual.errors import RecordError, StorageError
from xlingual.records.files import read_json, write_json
from xlingual.records.layout import StudyDirectory

STOP, PAUSE, RESUME = "stop", "pause", "resume"
TRIALS, SEEDS, CONCURRENT, RETRY = "trials", "seeds", "concurrent", "retry"
OF_ARMS = (STOP, PAUSE, RESUME)
SETTINGS: Mapping[str, tuple[str, str]] = {
    TRIALS: ("search", "trials_per_arm"),
    SEEDS: ("replicates", "seeds"),
    CONCURRENT: ("scaling", "concurrent_trials"),
}
"""The keys of the study file that requests change, by action."""
ACTIONS = (*OF_ARMS, *SETTINGS, RETRY)
REFUSED = "request_refused"
FILE_PREVAILS = "file_prevails"
ENDED_BY_REQUEST = "stopped by a request"
"""How the reason of a trial begins that ended because its arm was stopped."""

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked of a study.

    Attributes:
        id: its file's name, without the ending; later ones sort after earlier ones.
        action: one of `ACTIONS`.
        value: an arm, a number, `auto`, or a trial's name; None for all failed trials.
        time: when it was asked for, in seconds since 1970 by the clock of whoever asked.
        by: USER@HOST.
    """

    id: str
    action: str
    value: str | int | None
    time: float
    by: str

    @property
    def text(self) -> str:
        """The request as it is written on the command line."""
        return f"{self.action} {'--failed' if self.action == RETRY and self.value is None else self.value}"

    @property
    def subject(self) -> tuple[str, Any]:
        """What it is about: of several about the same, the last one counts."""
        return (
            ("arm", self.value)
            if self.action in OF_ARMS
            else (self.action, self.value if self.action == RETRY else None)
        )

    @property
    def origin(self) -> str:
        """Who asked, and when."""
        return f"asked by {self.by} at {moment(self.time)}"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and what became of it: `pending`, `applied` or `refused`, when, and why it was refused."""

    request: Request
    state: str = "pending"
    taken: float | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for `xlingual status --json`."""
        return {**self.request.as_json(), "state": self.state, "taken": self.taken, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Held:
    """Arms that requests hold: `stopped` and `paused`, each with the time at which the driver took it up."""

    stopped: Mapping[str, float] = field(default_factory=dict)
    paused: Mapping[str, float] = field(default_factory=dict)


def moment(seconds: float) -> str:
    """A time for people, in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def write(directory: StudyDirectory, action: str, value: str | int | None) -> Request:
    """Write a request down, whole or not at all.

    Raises:
        StorageError: when it cannot be written.
    """
    now = time.time()
    stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    made = Request(f"{stamp}-{secrets.token_hex(4)}", action, value, now, f"{_user()}@{socket.gethostname()}")
    content = made.as_json()
    del content["id"]
    write_json(directory.requests / f"{made.id}.json", content)
    return made


def read(path: Path) -> Request:
    """Read a request's file; of one that is no request of this program, the action is empty.

    Raises:
        StorageError: when it cannot be read.
    """
    try:
        content = read_json(path)
        value = content["value"]
        if content["action"] in ACTIONS and (value is None or isinstance(value, str | int)):
            return Request(path.stem, content["action"], value, float(content["time"]), str(content["by"]))
    except StorageError:
        raise
    except (RecordError, KeyError, TypeError, ValueError):
        pass
    return Request(path.stem, "", None, 0.0, "unknown")


def names(directory: StudyDirectory) -> list[str]:
    """Ids of the requests that were written, the earliest first; the cost is that of listing a folder."""
    try:
        found = os.listdir(directory.requests)
    except FileNotFoundError:
        return []
    return sorted(name.removesuffix(".json") for name in found if name.endswith(".json") and not name.startswith("."))


def answered(events: Iterable[Event]) -> dict[str, Asked]:
    """The requests that the driver took up or refused, by id."""
    return {
        event["request"]["id"]: Asked(
            Request(**event["request"]),
            "refused" if event["event"] == REFUSED else "applied",
            event["time"],
            event.get("reason"),
        )
        for event in events
        if "request" in event
    }


def asked(directory: StudyDirectory, events: Iterable[Event]) -> tuple[Asked, ...]:
    """All requests to a study, in the order in which they were made."""
    known = answered(events)
    waiting = {name: Asked(read(directory.requests / f"{name}.json")) for name in names(directory) if name not in known}
    return tuple(one for _, one in sorted({**known, **waiting}.items()))


def held(events: Iterable[Event], arms: Iterable[str]) -> Held:
    """Fold events, under the present names of the arms, into what is held now."""
    stopped: dict[str, float] = {}
    paused: dict[str, float] = {}
    for event in events:
        if event["event"] == "arm_stopped":
            paused.pop(event["arm"], None)
            stopped[event["arm"]] = event["time"]
        elif event["event"] == "arm_paused":
            paused[event["arm"]] = event["time"]
        elif event["event"] == "arm_resumed":
            stopped.pop(event["arm"], None)
            paused.pop(event["arm"], None)
    known = set(arms)
    return Held(*({arm: at for arm, at in found.items() if arm in known} for found in (stopped, paused)))


def settings(events: Iterable[Event]) -> dict[str, tuple[Any, Any]]:
    """By action, the value that was asked for last and what the study file said then.

    The later of the two counts: a file that says something else than it did then replaces what was asked for.
    """
    found: dict[str, tuple[Any, Any]] = {}
    for event in events:
        if event["event"] == FILE_PREVAILS:
            found.pop(event["action"], None)
        elif "written" in event:
            found[event["request"]["action"]] = (event["request"]["value"], event["written"])
    return found


def value_of(study: Mapping[str, Any], action: str) -> Any:
    """What a study's definition says under the key that an action changes."""
    section, key = SETTINGS[action]
    return study[section][key]


def with_value(study: Mapping[str, Any], action: str, value: Any) -> dict[str, Any]:
    """A study's definition with another value under the key that an action changes."""
    section, key = SETTINGS[action]
    return {**study, section: {**study[section], key: value}}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
