"""Ray's own output kept out of the way: warnings, traces of workers and of its C++ parts go to a file.

Its C++ parts write to the descriptor of standard error, its Python parts to `sys.stderr` by a logger, and what raylets
complain of is printed to standard output, between a study's lines or its JSON.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from xlingual.records.storage import writing

STDERR = 2


@contextmanager
def kept_in(path: Path) -> Iterator[int]:
    """Send what Ray writes in this process, and all that it starts write to standard error, to a file for a while.

    What this program itself writes to `sys.stderr` still goes where it went. Yields the descriptor of that place.

    Args:
        path: is appended to.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
    with file, ExitStack() as stack:
        stack.enter_context(_logger_to(file))
        stack.enter_context(_complaints_to(file))
        yield stack.enter_context(_descriptor_to(file))


@contextmanager
def _descriptor_to(file: IO[str]) -> Iterator[int]:
    """Put the file in the place of standard error's descriptor, and keep `sys.stderr` where it was."""
    ours = sys.stderr
    ours.flush()
    terminal = os.dup(STDERR)
    os.dup2(file.fileno(), STDERR)
    if _is_on(ours, STDERR):  # it is not while a test captures it
        sys.stderr = os.fdopen(os.dup(terminal), "w", buffering=1, encoding=ours.encoding, errors=ours.errors)
    try:
        yield terminal
    finally:
        sys.stderr.flush()  # and left open, as another thread may just write to it
        sys.stderr = ours
        os.dup2(terminal, STDERR)
        os.close(terminal)


@contextmanager
def _logger_to(file: IO[str]) -> Iterator[None]:
    logger, handler = logging.getLogger("ray"), logging.StreamHandler(file)
    before, logger.handlers = logger.handlers, [handler]
    try:
        yield
    finally:
        logger.handlers = before


@contextmanager
def _complaints_to(file: IO[str]) -> Iterator[None]:
    """Write to the file what Ray's client prints of raylets and workers; there is no setting for it."""
    worker: Any = import_module("ray._private.worker")
    before = worker.print_to_stdstream

    def write(data: Mapping[str, Any], *_: Any, **__: Any) -> None:
        for line in data.get("lines", ()):
            print(f"({data.get('pid')}) {line}", file=file)

    worker.print_to_stdstream = write
    try:
        yield
    finally:
        worker.print_to_stdstream = before


def _is_on(stream: Any, descriptor: int) -> bool:
    try:
        return bool(stream.fileno() == descriptor)
    except (OSError, ValueError, AttributeError):
        return False
