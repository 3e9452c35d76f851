"""Brings one tracker up to date with a study's records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

from xlingual.errors import StorageError
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import hold_here
from xlingual.study.trackers import TrackerKind, TrackerSettings
from xlingual.trackers.run import Destination, Sent, Tracker
from xlingual.trackers.run_reader import RunReader

Beat: TypeAlias = Callable[[int, int], None]


def nothing(done: int, total: int) -> None:
    """Do nothing."""


class Synchroniser:
    """Sends a tracker what it lacks, again and again while a study goes on.

    Args:
        reader: of the study's records.
        tracker: open.
        beat: called with the number of runs that were looked at, and of all.
    """

    def __init__(self, reader: RunReader, tracker: Tracker, beat: Beat = nothing) -> None:
        self._reader, self._tracker, self._beat = reader, tracker, beat
        self._digests = dict(tracker.known())

    def sync(self) -> Sent:
        """Send what is new since the last call.

        Raises:
            Exception: whatever the tracker raises; the next call of a new synchroniser goes on from there.
        """
        found = Sent(place=self._tracker.place)
        runs = self._reader.runs()
        for done, run in enumerate(runs):
            self._beat(done, len(runs))
            if self._digests.get(run.id) == run.digest:
                found.known += 1
                continue
            outcome = self._tracker.send(run)
            found.add(outcome)
            if outcome != "waiting":
                self._digests[run.id] = run.digest
        return found


@contextmanager
def opened(
    kind: TrackerKind,
    settings: TrackerSettings,
    reader: RunReader,
    study: str,
    beat: Beat = nothing,
) -> Iterator[Synchroniser]:
    """Open a tracker for a study, for this process alone.

    Raises:
        RecordLocked: when another process sends the study to the tracker now.
        Exception: whatever the tracker raises.
    """
    with _alone(reader.directory, kind.name):
        tracker: Tracker = kind.load()(Destination(study, settings.project, settings.at))
        try:
            yield Synchroniser(reader, tracker, beat)
        finally:
            tracker.close()


@contextmanager
def _alone(directory: StudyDirectory, name: str) -> Iterator[None]:
    """Keep other processes from sending the same; in a directory that cannot be written to, nobody runs the study."""
    lock = hold_here(directory.path / f"tracker-{name}.lock")
    held = False
    with suppress(StorageError):
        lock.__enter__()
        held = True
    try:
        yield
    finally:
        if held:
            lock.__exit__(None, None, None)
