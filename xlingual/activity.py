"""What the program is busy with: told by those who do the work, shown by whoever listens, else told to nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Activity:
    """Something that may take a while.

    Attributes:
        text: what is done, as in "loading the model".
        began: when, by the clock of those who listen.
        done: items that are finished.
        total: items in all; None where nothing is counted.
    """

    text: str
    began: float
    done: int = 0
    total: int | None = None

    def advance(self, items: int = 1) -> None:
        """Count items as finished."""
        self.done += items

    def reach(self, done: int, total: int | None = None) -> None:
        """Set the number of finished items and, where it is given, the total."""
        self.done, self.total = done, self.total if total is None else total


class Activities:
    """What is going on, the innermost last. One thread does the work, others may look."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._open: list[Activity] = []

    @property
    def innermost(self) -> Activity | None:
        """The activity that was begun last and has not ended."""
        there = self._open[-1:]
        return there[0] if there else None

    @contextmanager
    def doing(self, text: str, total: int | None = None) -> Iterator[Activity]:
        """Be busy with something for as long as the context lasts."""
        activity = self.begin(text, total)
        try:
            yield activity
        finally:
            self.end(activity)

    def begin(self, text: str, total: int | None = None) -> Activity:
        """Be busy with something until it is ended."""
        activity = Activity(text, self.clock(), total=total)
        self._open.append(activity)
        return activity

    def end(self, activity: Activity) -> None:
        """Be no longer busy with something; a second call does nothing."""
        self._open = [one for one in self._open if one is not activity]


_heard: ContextVar[Activities | None] = ContextVar("activities", default=None)


@contextmanager
def heard_by(activities: Activities) -> Iterator[None]:
    """Let these activities hear of everything that `doing` tells within the context."""
    token = _heard.set(activities)
    try:
        yield
    finally:
        _heard.reset(token)


@contextmanager
def doing(text: str, total: int | None = None) -> Iterator[Activity]:
    """Tell what is being done, as a context or as a decorator; `total` counts its items.

    Work in threads or processes of its own is told by the one that waits for it.
    """
    with (_heard.get() or Activities()).doing(text, total) as activity:
        yield activity


@contextmanager
def entering(text: str, context: AbstractContextManager[T]) -> Iterator[T]:
    """Enter a context, which may take a while; what is done within it is told apart."""
    with ExitStack() as stack:
        with doing(text):
            entered = stack.enter_context(context)
        yield entered


def counted(items: Iterable[T], activity: Activity) -> Iterator[T]:
    """The items, each counted as finished when the next one is asked for."""
    for item in items:
        yield item
        activity.advance()
