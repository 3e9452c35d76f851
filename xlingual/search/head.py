"""A cluster's head that is gone: said before Ray ends this process with a line of its own."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOKS = 5.0
"""Seconds between two looks at the head."""

PATIENCE = 45.0
"""Seconds for which a head may be away: Ray ends this process after 60."""


class HeadWatch:
    """Counts how long the head has not answered.

    Args:
        answers: says whether it does now.
        patience: seconds for which it may be away.
        clock: seconds that only grow.
    """

    def __init__(
        self, answers: Callable[[], bool], patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._answers, self._patience, self._clock = answers, patience, clock
        self._away_since: float | None = None

    def is_lost(self) -> bool:
        """Look, and say whether it has been away for too long."""
        looked = self._clock()
        if self._answers():
            self._away_since = None
        elif self._away_since is None:
            self._away_since = looked
        return self._away_since is not None and self._clock() - self._away_since >= self._patience


@contextmanager
def head_watched(address: str, lost: Callable[[str], None], looks: float = LOOKS) -> Iterator[None]:
    """Look at the head while the context lasts; `lost` is called with a line for the user when it is gone.

    Args:
        address: HOST:PORT of its control store.
        lost: does not return: the main thread may wait for an answer that never comes.
        looks: seconds between two looks.
    """
    ended = threading.Event()
    watch = HeadWatch(lambda: answers(address))

    def run() -> None:
        while not ended.wait(looks):
            if watch.is_lost() and not ended.is_set():
                lost(lost_line(address))

    thread = threading.Thread(target=run, name="watch of the head", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def head_address() -> str:
    """HOST:PORT of the control store of the cluster that this process is connected to."""
    import ray

    return str(ray.get_runtime_context().gcs_address)


def answers(address: str) -> bool:
    """Say whether anything listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=LOOKS).close()
    except OSError:
        return False
    return True


def lost_line(address: str) -> str:
    """Tell that the head is gone, and how to go on."""
    return (
        f"error: the head of the Ray cluster ({address}) does not answer any more; what is finished is kept "
        "and whole: start the cluster again (`local` does so by itself) and run the same command to go on"
    )


def end_with(line: str, descriptor: int, status: int) -> None:
    """Write a line and end this process at once: nothing that Ray still does can be waited for."""
    os.write(descriptor, line.encode("utf-8", "backslashreplace") + b"\n")
    os._exit(status)
