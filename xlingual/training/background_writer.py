"""Writing beside the training, one file at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Dropped(Exception):
    """A write that nobody wants any more."""


class BackgroundWriter:
    """Writes in a thread of its own what the next update must not wait for.

    An error of a write is raised by the next call: a full disk ends the training a little later, not unseen.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._dropped = False

    def start(self, write: Callable[[], None]) -> None:
        """Write once what was started before has been written."""
        self.wait()
        self._thread = threading.Thread(target=self._run, args=(write,), name="writes a checkpoint")
        self._thread.start()

    def wait(self) -> None:
        """Return when everything is written.

        Raises:
            StorageError: or whatever else ended the write.
        """
        self.end()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def drop(self) -> None:
        """Let what is being written not be put in place: nobody will read it."""
        self._dropped = True

    def check(self) -> None:
        """Called by a write before it puts its file in place.

        Raises:
            Dropped: when nobody will read it.
        """
        if self._dropped:
            raise Dropped

    def end(self) -> None:
        """Return when nothing is written any more, whatever became of it."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self, write: Callable[[], None]) -> None:
        try:
            write()
        except BaseException as error:
            self._error = error
