"""Ray's own output kept out of the way: warnings, traces of workers and of its C++ parts go to a file.

Its C++ parts write to the descriptor of standard error, its Python parts to `sys.stderr` by a logger, and what raylets
complain of is printed to standard output, between a study's lines or its JSON.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

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
        log = Log(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
    with ExitStack() as stack:
        stack.callback(os.close, log.descriptor)
        stack.enter_context(_logger_to(log))
        stack.enter_context(_complaints_to(log))
        yield stack.enter_context(_descriptor_to(log))


class Log(logging.Handler):
    """An open file that takes lines as long as its disk does: what it cannot take is nobody's trouble."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor

    def emit(self, record: logging.LogRecord) -> None:
        """Take in what a logger says."""
        self.say(self.format(record))

    def say(self, line: str) -> None:
        """Take in a line."""
        with suppress(OSError):
            os.write(self.descriptor, f"{line}\n".encode("utf-8", "backslashreplace"))


@contextmanager
def _descriptor_to(log: Log) -> Iterator[int]:
    """Put the file in the place of standard error's descriptor, and keep `sys.stderr` where it was."""
    ours = sys.stderr
    ours.flush()
    terminal = os.dup(STDERR)
    os.dup2(log.descriptor, STDERR)
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
def _logger_to(log: Log) -> Iterator[None]:
    logger = logging.getLogger("ray")
    before, logger.handlers = logger.handlers, [log]
    try:
        yield
    finally:
        logger.handlers = before


@contextmanager
def _complaints_to(log: Log) -> Iterator[None]:
    """Write to the file what Ray's client prints of raylets and workers; there is no setting for it."""
    worker: Any = import_module("ray._private.worker")
    before = worker.print_to_stdstream

    def write(data: Mapping[str, Any], *_: Any, **__: Any) -> None:
        for line in data.get("lines", ()):
            log.say(f"({data.get('pid')}) {line}")

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
