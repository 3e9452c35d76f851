"""Takes up what was asked of a running study from outside: once each, written down, and kept to by later commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from xlingual.errors import StorageError
from xlingual.records import journal
from xlingual.records.attached import refresh, url_of
from xlingual.records.control import refusal, to_reopen
from xlingual.records.files import write_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.redefinition import redefine
from xlingual.records.requests import (
    CONCURRENT,
    FILE_PREVAILS,
    PAUSE,
    REFUSED,
    RETRY,
    SETTINGS,
    STOP,
    Request,
    answered,
    names,
    read,
    settings,
    value_of,
    with_value,
)
from xlingual.records.state import StudyState, read_state
from xlingual.search.listener import Listener
from xlingual.study import Study

LOOKS = 2.0
"""Seconds between two looks at a folder: one takes some 10 microseconds."""

LOOKS_AT_URL = 15.0
"""The same for a store, which is asked for a list."""


class Control:
    """What is asked of one study while its driver runs.

    Args:
        study: its definition by the study file.
        directory: its records.
        listener: told of what is taken up.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        study: Study,
        directory: StudyDirectory,
        listener: Listener,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.study = amended(study, {key: value for key, (value, _) in settings(_events(directory)).items()})
        self.taken = 0
        self.ask: Callable[[int | str], None] = lambda trials: None
        self._written = {action: _of_study(study, action) for action in SETTINGS}
        self._directory, self._listener, self._clock = directory, listener, clock
        self._pause = LOOKS if url_of(directory.path) is None else LOOKS_AT_URL
        self._next = clock() + self._pause
        self._known = set(answered(_events(directory)))
        self._stopped = frozenset(read_state(directory).held.stopped)

    @property
    def stopped(self) -> Collection[str]:
        """The arms whose trials end."""
        return self._stopped

    def look(self) -> bool:
        """Look for new requests, now and then, and take them up; says whether there were any."""
        if self._clock() < self._next:
            return False
        found = self.take_up()
        self._next = self._clock() + self._pause
        return found

    def take_up(self) -> bool:
        """Take up all requests that no command has; says whether there were any.

        Before the first event of a study nothing is: its file may still change in any way.
        """
        new = self._new() if self._directory.journal.exists() else []
        for request in new:
            self._take(request)
            self._known.add(request.id)
        if new:
            self._stopped = frozenset(read_state(self._directory).held.stopped)
        return bool(new)

    def _new(self) -> list[Request]:
        """Requests that no command took up; none while they cannot be read, which whoever writes next tells."""
        try:
            refresh(self._directory.requests)
            new = [name for name in names(self._directory) if name not in self._known]
            return [read(self._directory.requests / f"{name}.json") for name in new]
        except StorageError:
            return []

    def _take(self, request: Request) -> None:
        state = read_state(self._directory)
        reason = refusal(self._directory, state, request)
        if reason is None:
            self._apply(state, request)
            self._listener.note(f"{request.text}: taken up; {request.origin}")
        else:
            self._event(REFUSED, request=request.as_json(), reason=reason)
            self._listener.note(f"{request.text}: refused ({reason}); {request.origin}")
        self.taken += reason is None

    def _apply(self, state: StudyState, request: Request) -> None:
        action, said = request.action, request.as_json()
        if action in SETTINGS:
            now = with_value(state.study, action, request.value)
            lines = redefine(self._directory, now, {"request": said, "written": self._written[action]})
            self.study = amended(self.study, {action: request.value})
            write_json(self._directory.study_json, now)
            for line in lines:
                self._listener.note(line)
            if action == CONCURRENT and request.value is not None:
                self.ask(request.value)
        elif action == RETRY:
            items = to_reopen(state, request.value)
            for item in items:  # one that was reopened has not failed any more, should this command end here
                self._event("trial_reopened", **item)
            self._event("trials_reopened", request=said, trials=len(items))
        else:
            kind = {STOP: "arm_stopped", PAUSE: "arm_paused"}.get(action, "arm_resumed")
            self._event(kind, arm=request.value, request=said)

    def _event(self, event: str, **content: Any) -> None:
        journal.append(self._directory.journal, {"event": event, "time": time.time(), **content})


def amended(study: Study, values: Mapping[str, Any]) -> Study:
    """Return a study with what was asked for in place of what its file says; checked when it was taken up.

    Args:
        study: its definition.
        values: by action.
    """
    for action, value in values.items():
        section, key = SETTINGS[action]
        study = study.model_copy(update={section: getattr(study, section).model_copy(update={key: value})})
    return study


def standing(directory: StudyDirectory, now: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a study's definition with what was asked for where the file says what it said then, and a line for each.

    A file that says something else was edited later: it counts again, which is written down.

    Args:
        directory: the study's.
        now: the definition by the file.
    """
    lines = []
    for action, (value, written) in settings(_events(directory)).items():
        key, says = ".".join(SETTINGS[action]), value_of(now, action)
        if says == written:
            now = with_value(now, action, value)
            lines.append(f"{key}: {value}, as it was asked for; the study file says {says}")
        else:
            event = {"event": FILE_PREVAILS, "time": time.time(), "action": action}
            journal.append(directory.journal, event)
            lines.append(f"{key}: {says}, as the study file says now, and not {value}, as it was asked for before")
    return now, lines


def _of_study(study: Study, action: str) -> Any:
    section, key = SETTINGS[action]
    return getattr(getattr(study, section), key)


def _events(directory: StudyDirectory) -> list[dict[str, Any]]:
    return journal.read(directory.journal)
