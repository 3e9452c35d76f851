"""A table that redraws itself, for a terminal."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.control import Control
from rich.live import Live
from rich.text import Text

from xlingual.activity import Activities
from xlingual.progress import cells
from xlingual.progress.activities import activity_line
from xlingual.progress.board import draw
from xlingual.progress.glyphs import Glyphs
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.study_view import Scores, StudyState
from xlingual.search.listener import ClusterUse, TrialView

SAID_AGAIN = 10
"""Lines above the table that are printed again after the terminal was resized."""


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
        follows: bool = False,
    ) -> None:
        self.state = StudyState(clock, names.outline, follows=follows)
        self._activities = activities or Activities(clock)
        self._console = console
        self._names, self._glyphs = names, Glyphs.of(console.encoding)
        self._lock = threading.RLock()  # the drawing thread reads what events change
        self._said: deque[str] = deque(maxlen=SAID_AGAIN)
        self._live: Live | None = None
        self._closed = False

    def recorded(self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Scores]) -> None:
        """Take in what earlier commands left."""
        with self._lock:
            self.state.recorded(trials, scores)

    def cluster_used(self, use: ClusterUse) -> None:
        """Record the cluster's use."""
        with self._lock:
            self.state.cluster = use

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

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Record the stage's size now, and the arms that are held."""
        with self._lock:
            self.state.plan_changed(total, held)
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
            with self._lock:
                self.state.stop()
            live.transient = self.state.stage is None
            live.stop()

    def begin(self) -> None:
        """Start drawing, unless it has started or is closed."""
        if self._live is None and not self._closed:
            self._live = ResizedLive(self._draw, self._console, self._say_again)
            atexit.register(self.close)
            self._live.start()

    def _say(self, text: str) -> None:
        line = self._glyphs.shown(" ".join(text.split()))
        self._said.append(line)
        self._console.print(Text(line), soft_wrap=True)

    def _say_again(self) -> None:
        for line in list(self._said):
            self._console.out(line, highlight=False)

    def _draw(self) -> RenderableType:
        """Return the board, or an error text if drawing fails, so that the drawing thread survives."""
        size = self._console.size
        try:
            line = activity_line(self._activities)
            with self._lock:
                board = draw(self.state, size.width, size.height - 2, self._names, self._glyphs)
            return Group(board, line) if line and self.state.stopped_at is None else board
        except Exception as error:
            return Text(f"the table cannot be drawn: {error!r}")


class ResizedLive(Live):
    """Draws anew on an empty screen when the terminal's width changes: the terminal itself breaks the old lines.

    Args:
        get_renderable: what is drawn.
        console: of the terminal.
        say_again: prints what stood above.
    """

    def __init__(
        self, get_renderable: Callable[[], RenderableType], console: Console, say_again: Callable[[], None]
    ) -> None:
        super().__init__(console=console, get_renderable=get_renderable, refresh_per_second=2)
        self._say_again, self._width = say_again, console.size.width

    def refresh(self) -> None:
        """Draw."""
        with self._lock:
            width = self.console.size.width
            if width != self._width:
                self._width = width
                self.console.control(Control.clear(), Control.home())
                self._say_again()
            super().refresh()
