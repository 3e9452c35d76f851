"""Ctrl-C: the first one lets what is running come to a point where nothing is lost, the second ends the command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

TRAINING = (
    "stopping: running trials go on to their next report and are saved there. Ctrl-C again stops at once; what they "
    "did since their last report is then trained again"
)
SCORING = (
    "stopping: the replicates whose scoring has begun are scored to their end. Ctrl-C again stops at once; they are "
    "then scored again"
)


class Interruption:
    """Whether the user asked for the command's end.

    Args:
        tell: takes a line for the user.
    """

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self.asked = False
        self._tell = tell
        self._line: str | None = None

    @contextmanager
    def drained(self, line: str) -> Iterator[None]:
        """While the context lasts, the first Ctrl-C only sets `asked`, and its user is told the line."""
        before, self._line = self._line, line
        try:
            yield
        finally:
            self._line = before

    def check(self) -> None:
        """End the command here if that was asked for.

        Raises:
            KeyboardInterrupt: if so.
        """
        if self.asked:
            raise KeyboardInterrupt

    def heard(self, _signal: int, _frame: Any) -> None:
        """Answer a signal.

        Raises:
            KeyboardInterrupt: at the second one, or where there is nothing to wait for.
        """
        if self.asked or self._line is None:
            raise KeyboardInterrupt
        self.asked = True
        # in a thread, as the signal may have come while this one was writing
        threading.Thread(target=self._tell, args=(self._line,), name="tells of Ctrl-C").start()


@contextmanager
def heeded(tell: Callable[[str], None]) -> Iterator[Interruption]:
    """Answer Ctrl-C while the context lasts; in the main thread, unless the program has an answer of its own."""
    interruption = Interruption(tell)
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return
    signal.signal(signal.SIGINT, interruption.heard)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
