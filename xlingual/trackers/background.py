"""Keeps a study's trackers up to date while it runs. Whatever happens to them, the study goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from xlingual.activity import Activity, doing
from xlingual.records.layout import StudyDirectory
from xlingual.search.listener import ClusterUse, Listener, TrialView
from xlingual.study import Study
from xlingual.study.trackers import TRACKERS, TrackerKind, TrackerSettings
from xlingual.trackers.run_reader import RunReader
from xlingual.trackers.synchroniser import Synchroniser, opened

PAUSE = 2.0
"""Seconds between two looks at the records, at least."""

SHARE = 0.1
"""Share of the time that may be spent on looking and sending: a slow tracker is asked less often."""

AGAIN = 30.0
"""Seconds until a tracker that failed is opened anew."""

PATIENCE = 60.0
"""Seconds without any progress after which the end of a study no longer waits for a tracker."""


class TrackerThread:
    """Sends a study to one tracker from a thread of its own, whenever it changed and once at the end.

    Args:
        kind: the tracker.
        settings: where it keeps what it is sent.
        directory: the study's.
        study: its name.
        tell: says a line to the user.
        patience: see `PATIENCE`.
    """

    def __init__(
        self,
        kind: TrackerKind,
        settings: TrackerSettings,
        directory: StudyDirectory,
        study: str,
        tell: Callable[[str], None],
        patience: float = PATIENCE,
    ) -> None:
        self.kind, self._settings, self._study = kind, settings, study
        self._reader, self._tell, self._patience = RunReader(directory), tell, patience
        self._changed, self._last = threading.Event(), threading.Event()
        self._beats, self._reached = 0, (0, 0)
        self._told = False
        self._failure: str | None = None
        self._thread: threading.Thread | None = None

    def changed(self) -> None:
        """Send what is new, soon."""
        self._changed.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tracker {self.kind.name}", daemon=True)
            self._thread.start()

    def finish(self, activity: Activity) -> None:
        """Send the rest and wait for it, as long as the tracker makes progress, which the activity shows."""
        self._last.set()
        self.changed()
        assert self._thread is not None
        seen, since = self._beats, time.monotonic()
        while self._thread.is_alive() and time.monotonic() - since < self._patience:
            self._thread.join(min(0.5, self._patience))
            activity.reach(*self._reached)
            if self._beats != seen:
                seen, since = self._beats, time.monotonic()
        if self._thread.is_alive():
            self._failure = f"no answer for {self._patience:.0f} s"
        if self._failure is not None:
            self._tell(
                f"{self.kind.title} is not up to date ({self._failure}); the study is; send the rest by "
                f"xlingual track {self._reader.directory.path} --to {self.kind.name}"
            )

    def _run(self) -> None:
        while True:
            is_last = self._last.is_set()
            try:
                with opened(self.kind, self._settings, self._reader, self._study, self._beat) as synchroniser:
                    self._send(synchroniser)
                return
            except (Exception, SystemExit) as error:  # a tracker's library may raise anything
                self._fail(error)
                if is_last:
                    return
                self._changed.set()  # what was not sent then is sent when the tracker is tried again
                self._last.wait(AGAIN)

    def _send(self, synchroniser: Synchroniser) -> None:
        """Send whenever something changed, until the study's command ends."""
        while True:
            self._changed.wait()
            self._changed.clear()
            is_last = self._last.is_set()  # after the event was cleared: whoever ends the study sets it last
            began = time.monotonic()
            synchroniser.sync()
            self._failure = None
            if is_last:
                return
            took = time.monotonic() - began
            self._last.wait(max(PAUSE, took * (1 - SHARE) / SHARE))

    def _beat(self, done: int, total: int) -> None:
        self._beats += 1
        self._reached = done, total

    def _fail(self, error: BaseException) -> None:
        text = " ".join(str(error).split())
        self._failure = f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
        if not self._told and not self._last.is_set():
            self._told = True
            self._tell(f"{self.kind.title}: {self._failure}; the study goes on, and the tracker is tried again")


class TrackedListener:
    """Passes a study's events on, and tells trackers that something changed.

    Args:
        listener: the study's own.
        threads: of the trackers.
    """

    def __init__(self, listener: Listener, threads: list[TrackerThread]) -> None:
        self._listener, self._threads = listener, threads
        self.begun = False

    def recorded(
        self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Mapping[str, Mapping[str, float]]]
    ) -> None:
        """Pass on."""
        self._listener.recorded(trials, scores)

    def cluster_used(self, use: ClusterUse) -> None:
        """Pass on."""
        self._listener.cluster_used(use)

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Pass on."""
        self._listener.stage_started(stage, total, done)
        self._changed()

    def stage_ended(self, stage: str) -> None:
        """Pass on."""
        self._listener.stage_ended(stage)
        self._changed()

    def trial_changed(self, trial: TrialView) -> None:
        """Pass on."""
        self._listener.trial_changed(trial)
        self._changed()

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Pass on; trackers are shown test scores when the stage has ended."""
        self._listener.test_scored(arm, seed, test_set, language_scores)

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Pass on."""
        self._listener.plan_changed(total, held)

    def note(self, text: str) -> None:
        """Pass on."""
        self._listener.note(text)

    def close(self) -> None:
        """Pass on."""
        self._listener.close()

    def _changed(self) -> None:
        """The records are the driver's own from its first stage on: before, they may be another's."""
        self.begun = True
        for thread in self._threads:
            thread.changed()


@contextmanager
def tracked(study: Study, directory: StudyDirectory, listener: Listener) -> Iterator[Listener]:
    """Show a study in its trackers while the context lasts; yields the listener that its driver has to tell.

    At the end each tracker is brought up to date, after a failure too if the study had begun. Nothing is raised for a
    tracker: what goes wrong is told to the listener in one line.

    Args:
        study: its definition.
        directory: its records.
        listener: told of every event, and of what trackers cannot do.
    """
    if not study.trackers:
        yield listener
        return
    threads = threads_of(study.trackers, directory, study.name, listener.note)
    watched = TrackedListener(listener, threads)
    with ExitStack() as at_the_end:
        at_the_end.callback(_finish, threads, lambda: watched.begun)
        yield watched
        watched.begun = True  # a study that was done already is sent, too


def threads_of(
    trackers: Mapping[str, TrackerSettings], directory: StudyDirectory, study: str, tell: Callable[[str], None]
) -> list[TrackerThread]:
    """Make the threads of a study's trackers."""
    return [TrackerThread(TRACKERS[name], settings, directory, study, tell) for name, settings in trackers.items()]


def _finish(threads: list[TrackerThread], begun: Callable[[], bool]) -> None:
    for thread in threads if begun() else []:
        with doing(f"sending the study to {thread.kind.title}") as activity:
            thread.finish(activity)
