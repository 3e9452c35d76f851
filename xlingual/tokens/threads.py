"""Process batches in several threads, with results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

B = TypeVar("B")
R = TypeVar("R")


def in_order(work: Callable[[B], R], batches: Iterable[B], threads: int) -> Iterator[R]:
    """Yield the result of `work` for each batch, in order, with at most `threads` + 1 batches in flight.

    Args:
        work: a thread-safe function.
        batches: batches, read in the caller's thread.
        threads: number of threads; 1 works in the caller's thread.
    """
    if threads == 1:
        yield from map(work, batches)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="tokenise") as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(work, batch))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
