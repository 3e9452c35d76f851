"""What a study does, in one output of a notebook that is drawn again and again."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from html import escape
from importlib import import_module
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.text import Text

from xlingual.activity import Activities, heard_by
from xlingual.progress.activities import activity_line, activity_text, every
from xlingual.progress.board import draw
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.study_view import Scores, StudyState
from xlingual.search.listener import ClusterUse, TrialView

WIDTH, ROWS, NOTES = 110, 24, 12
"""Columns and rows of the table; number of notes that stay under it, the last ones."""

BETWEEN = 0.5
"""Seconds between two drawings."""

Show = Callable[[str], None]
"""Replaces what an output holds by some HTML."""


def notebook_output() -> Show | None:
    """Make a new output of the present cell; None outside notebooks, without importing anything."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is None:  # no IPython, or one in a terminal
        return None
    display = import_module("IPython.display")
    handle = display.display(display.HTML(""), display_id=True)

    def show(html: str) -> None:
        handle.update(display.HTML(html))

    return show


class NotebookView:
    """Draws the table of a terminal into one output, with the last notes under it.

    Args:
        show: replaces the output.
        names: what scores are called.
        activities: of which the innermost is shown.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        show: Show,
        names: ScoreNames = DEFAULT_NAMES,
        activities: Activities | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = StudyState(clock, names.outline)
        self._show, self._names = show, names
        self._activities = activities or Activities(clock)
        self._notes: deque[str] = deque(maxlen=NOTES)
        self._lock = threading.RLock()  # the drawing thread reads what events change
        self._shown: str | None = None

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

    def stage_ended(self, stage: str) -> None:
        """Close a stage."""
        with self._lock:
            self.state.stage_ended(stage)

    def trial_changed(self, trial: TrialView) -> None:
        """Record a trial's new state; note the reason of a failure."""
        with self._lock:
            before = self.state.trial_changed(trial)
            if trial.state == "failed" and trial.reason and (before is None or before.state != "failed"):
                self._notes.append(f"{trial.arm} {trial.label} failed: {trial.reason}")

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Record the test scores of one replicate."""
        with self._lock:
            self.state.test_scored(arm, seed, test_set, language_scores)

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Record the stage's size now, and the arms that are held."""
        with self._lock:
            self.state.plan_changed(total, held)

    def note(self, text: str) -> None:
        """Keep a sentence under the table until newer ones take its place."""
        with self._lock:
            self._notes.append(text)

    def close(self) -> None:
        """Draw the last state, whatever was drawn before."""
        with self._lock:
            self.state.stop()
            self._shown = None
        self.draw()

    def draw(self) -> None:
        """Replace the output, if anything in it has changed."""
        with self._lock:
            parts: list[RenderableType] = [draw(self.state, WIDTH, ROWS, self._names)]
            if self.state.stopped_at is None:
                parts.append(activity_line(self._activities))
            parts += [Text(note, style="dim", overflow="fold") for note in self._notes]
        html = as_html(Group(*parts))
        if html != self._shown:
            self._shown = html
            self._show(html)


def as_html(drawn: RenderableType) -> str:
    """What a terminal of `WIDTH` columns would show, as escaped text with colours."""
    console = Console(
        width=WIDTH, file=StringIO(), record=True, force_terminal=True, force_jupyter=False, color_system="standard"
    )
    console.print(drawn)
    style = "margin:0;font-family:Menlo,'DejaVu Sans Mono',Consolas,monospace;line-height:1.3"
    return console.export_html(inline_styles=True, code_format=f'<pre style="{style}">{{code}}</pre>')


@contextmanager
def drawn_again(view: NotebookView) -> Iterator[None]:
    """Draw a view now, and again and again while the context lasts."""
    view.draw()
    with every(BETWEEN, _of_this_cell(view.draw)):
        yield


def _of_this_cell(act: Callable[[], None]) -> Callable[[], None]:
    """Act in a thread as here: by its context, a kernel knows to which cell an output belongs."""
    context = copy_context()
    return lambda: context.run(act)


@contextmanager
def work_shown(show: Show) -> Iterator[None]:
    """Show what is being done within the context in one output, which is empty afterwards."""
    activities = Activities()

    def look() -> None:
        activity = activities.innermost
        show(f"<pre>{escape(activity_text(activity, activities.clock()))}</pre>" if activity else "")

    with heard_by(activities), every(BETWEEN, _of_this_cell(look)):
        yield
    show("")
