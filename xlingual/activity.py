"""Report what the program is doing; shown only if something listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

QUIET, NORMAL, VERBOSE = "quiet", "normal", "verbose"
_loudness: ContextVar[str] = ContextVar("loudness", default=NORMAL)


@dataclass
class Activity:
    """Something that may take a while.

    Attributes:
        text: what is being done, for example "loading the model".
        began: start time, by the listener's clock.
        done: number of finished items.
        total: total number of items; None if items are not counted.
    """

    text: str
    began: float
    done: int = 0
    total: int | None = None

    def advance(self, items: int = 1) -> None:
        """Count items as finished."""
        self.done += items

    def reach(self, done: int, total: int | None = None) -> None:
        """Set the number of finished items and, if given, the total."""
        self.done, self.total = done, self.total if total is None else total


class Activities:
    """A stack of current activities, the innermost last. Written by one thread; others may read it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._open: list[Activity] = []

    @property
    def innermost(self) -> Activity | None:
        """The most recent activity that has not ended."""
        last = self._open[-1:]  # a copy: another thread may end it meanwhile
        return last[0] if last else None

    @contextmanager
    def doing(self, text: str, total: int | None = None) -> Iterator[Activity]:
        """Register an activity for the duration of the context."""
        activity = self.begin(text, total)
        try:
            yield activity
        finally:
            self.end(activity)

    def begin(self, text: str, total: int | None = None) -> Activity:
        """Register an activity until `end` is called."""
        activity = Activity(text, self.clock(), total=total)
        self._open.append(activity)
        return activity

    def end(self, activity: Activity) -> None:
        """Remove an activity; does nothing if it already ended."""
        self._open = [one for one in self._open if one is not activity]


_heard: ContextVar[Activities | None] = ContextVar("activities", default=None)


@contextmanager
def heard_by(activities: Activities) -> Iterator[None]:
    """Make `activities` listen to everything that `doing` reports within the context."""
    token = _heard.set(activities)
    try:
        yield
    finally:
        _heard.reset(token)


@contextmanager
def doing(text: str, total: int | None = None) -> Iterator[Activity]:
    """Report an activity, as a context manager or decorator; `total` is its number of items.

    Work in other threads or processes is reported by the thread that waits for it.
    """
    with (_heard.get() or Activities()).doing(text, total) as activity:
        yield activity


@contextmanager
def entering(text: str, context: AbstractContextManager[T]) -> Iterator[T]:
    """Enter a slow context manager, reporting only the time it takes to enter."""
    with ExitStack() as stack:
        with doing(text):
            entered = stack.enter_context(context)
        yield entered


def counted(items: Iterable[T], activity: Activity) -> Iterator[T]:
    """Yield the items, counting each as finished when the next one is requested."""
    for item in items:
        yield item
        activity.advance()


@contextmanager
def told(loudness: str) -> Iterator[None]:
    """Decide how much is told within: `QUIET` for results and errors alone, `VERBOSE` for libraries' logs, too."""
    token = _loudness.set(loudness)
    try:
        yield
    finally:
        _loudness.reset(token)


def is_quiet() -> bool:
    """Whether results and errors alone are told."""
    return _loudness.get() == QUIET


def is_verbose() -> bool:
    """Whether libraries' logs are told, too."""
    return _loudness.get() == VERBOSE
