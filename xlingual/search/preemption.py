"""Whether this process's node was told to leave: a spot machine that is taken back, a node that is drained."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import ray

SECONDS = 5.0
"""Between two questions; clouds give notice 30 to 120 s ahead."""


@contextmanager
def notice_of_leaving(
    node: str, *, ask: Callable[[], set[str]] | None = None, seconds: float = SECONDS
) -> Iterator[Callable[[], bool]]:
    """Ask the cluster in a thread while the context lasts, so that a head that is away does not hold up training.

    Args:
        node: id of the node.
        ask: which nodes are to leave.
        seconds: between two questions.

    Yields:
        what tells whether the node is to leave, as far as is known.
    """
    ended, leaving, asked = threading.Event(), threading.Event(), ask or nodes_that_leave

    def watch() -> None:
        while not ended.wait(seconds):
            with suppress(Exception):  # the next question may be answered
                (leaving.set if node in asked() else leaving.clear)()

    thread = threading.Thread(target=watch, name="asks whether this node leaves", daemon=True)
    thread.start()
    try:
        yield leaving.is_set
    finally:
        ended.set()
        thread.join(timeout=1.0)


def nodes_that_leave() -> set[str]:
    """Ids of nodes that are drained; Ray Train's own watcher asks the same, and Ray has no public way to."""
    return set(ray._private.state.state.get_draining_nodes())
