"""Shows what a command is doing: a line that is redrawn on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.live import Live
from rich.text import Text

from xlingual.activity import Activities, Activity, heard_by, is_quiet
from xlingual.progress import cells

QUIET = 1.5
"""Seconds between the lines of a log; at most two, because activities are polled."""

START = 0.5
"""Seconds that a process needs to start, during which its log is already silent."""

LONG = 600.0
"""Seconds after which an activity gets a line only every `LONG_QUIET` seconds, so that logs stay readable."""

LONG_QUIET = 30.0

LOOK = 0.25
"""Seconds between two polls of the activities."""


@contextmanager
def activities_shown(
    console: Console | None = None, activities: Activities | None = None, outermost: str | None = "working"
) -> Iterator[None]:
    """Show what happens within the context, unless it takes less than about a second.

    Args:
        console: None for one on standard error, so that standard output holds results alone.
        activities: to show; None for new ones.
        outermost: text shown while no activity is reported; None for nothing.
    """
    if is_quiet():
        yield
        return
    console, activities = console or _standard_error(), activities or Activities()
    shown = _drawn(console, activities) if redraws(console) else _written(console, activities)
    with heard_by(activities), shown, activities.doing(outermost) if outermost else nullcontext():
        yield


def _standard_error() -> Console:
    """A console that redraws in a terminal alone: not in a notebook, and not where only FORCE_COLOR is set."""
    return Console(stderr=True, force_jupyter=False, force_terminal=None if sys.stderr.isatty() else False)


def redraws(console: Console) -> bool:
    """Whether a console is a terminal that can redraw a line."""
    return console.is_terminal and not console.is_dumb_terminal


def activity_text(activity: Activity, now: float) -> str:
    """An activity as a line: "answering questions: 120 of 1190, 45 s, about 6 min 41 s left"."""
    elapsed = now - activity.began
    counted = f"{activity.done} of {activity.total}, " if activity.total else ""
    left = ""
    if activity.total and 0 < activity.done < activity.total and elapsed >= 2 * QUIET:
        left = f", about {cells.duration(elapsed * (activity.total - activity.done) / activity.done)} left"
    return f"{activity.text}: {counted}{cells.duration(elapsed)}{left}"


class ActivityLines:
    """Writes a line when a log has been silent for a while."""

    def __init__(self, console: Console, activities: Activities) -> None:
        self._console, self._activities = console, activities
        self._last = activities.clock() - START

    def look(self) -> None:
        """Write the present activity, if it is time to."""
        activity, now = self._activities.innermost, self._activities.clock()
        if activity is None:
            self._last = now
        elif now - self._last >= quiet_seconds(now - activity.began):
            self._last = now
            self._console.print(activity_text(activity, now), highlight=False, markup=False, soft_wrap=True)


def quiet_seconds(elapsed: float) -> float:
    """Seconds that a log may be silent about an activity of this age."""
    return QUIET if elapsed < LONG else LONG_QUIET


def activity_line(activities: Activities) -> Text:
    """The present activity, for a display that is redrawn; empty while it is young."""
    activity, now = activities.innermost, activities.clock()
    young = activity is None or now - activity.began < START
    return Text("" if activity is None or young else activity_text(activity, now), style="dim", no_wrap=True)


@contextmanager
def _drawn(console: Console, activities: Activities) -> Iterator[None]:
    with Live(get_renderable=lambda: activity_line(activities), console=console, transient=True, redirect_stdout=False):
        yield


@contextmanager
def _written(console: Console, activities: Activities) -> Iterator[None]:
    with every(LOOK, ActivityLines(console, activities).look):
        yield


@contextmanager
def every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Act repeatedly from a thread while the context lasts, until an act fails."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            try:
                act()
            except (OSError, ValueError):  # the reader has gone, or the stream is closed
                return

    thread = threading.Thread(target=repeat, daemon=True, name="activities")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
