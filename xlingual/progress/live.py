"""A table that redraws itself, for a terminal."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from xlingual.activity import Activities
from xlingual.progress import cells
from xlingual.progress.activities import activity_line
from xlingual.progress.board import draw
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.study_view import StudyState
from xlingual.search.listener import TrialView


class LiveView:
    """Keeps a board of the study at the bottom of the terminal; notes and failures scroll above it.

    Drawing starts with the first event or `begin`. `close` draws the last state, leaves it on the screen and releases
    the terminal; a process that does not call it does so at exit. Later notes are simply printed.
    """

    def __init__(
        self,
        console: Console,
        names: ScoreNames = DEFAULT_NAMES,
        clock: Callable[[], float] = time.monotonic,
        activities: Activities | None = None,
    ) -> None:
        self.state = StudyState(clock)
        self._activities = activities or Activities(clock)
        self._console = console
        self._names = names
        self._lock = threading.RLock()  # the drawing thread reads what events change
        self._drawn: RenderableType = Text("")
        self._live: Live | None = None
        self._closed = False

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Open a stage."""
        with self._lock:
            self.state.stage_started(stage, total, done)
        self.begin()

    def stage_ended(self, stage: str) -> None:
        """Close a stage and print a permanent line."""
        with self._lock:
            self.state.stage_ended(stage)
            closed = next((item for item in self.state.stages if item.name == stage), None)
            elapsed = self.state.elapsed()
        if closed is not None:
            self._say(f"{stage}: {closed.done} of {closed.total} done after {cells.duration(elapsed)}")

    def trial_changed(self, trial: TrialView) -> None:
        """Record a trial's new state; print the reason of a failure above the table."""
        with self._lock:
            before = self.state.trial_changed(trial)
        self.begin()
        if trial.state == "failed" and trial.reason and (before is None or before.state != "failed"):
            self._say(f"{trial.arm} {trial.label} failed: {trial.reason}")

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Record the test scores of one replicate."""
        with self._lock:
            self.state.test_scored(arm, seed, test_set, language_scores)
        self.begin()

    def note(self, text: str) -> None:
        """Print a sentence above the table."""
        self.begin()
        self._say(text)

    def close(self) -> None:
        """Stop drawing and release the terminal; a second call does nothing."""
        live, self._live = self._live, None
        self._closed = True
        if live is not None:
            atexit.unregister(self.close)
            live.transient = self.state.stage is None
            live.stop()

    def begin(self) -> None:
        """Start drawing, unless it has started or is closed."""
        if self._live is None and not self._closed:
            self._live = Live(console=self._console, get_renderable=self._draw, refresh_per_second=4)
            atexit.register(self.close)
            self._live.start()

    def _say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)

    def _draw(self) -> RenderableType:
        """Return the board, or an error text if drawing fails, so that the drawing thread survives."""
        size = self._console.size
        try:
            with self._lock:
                board = draw(self.state, size.width, size.height - 2, self._names)
            line = activity_line(self._activities)
            self._drawn = Group(board, line) if line else board
        except Exception as error:
            self._drawn = Text(f"the table cannot be drawn: {error!r}")
        return self._drawn
