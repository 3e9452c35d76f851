"""Libraries' output kept out of the way: warnings, logs, traces of Ray's workers and of its C++ parts go to a file.

Ray's C++ parts write to the descriptor of standard error, its Python parts to `sys.stderr` by a logger. What raylets
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

from xlingual.activity import is_verbose
from xlingual.records.storage import writing

STDERR = 2

LIBRARIES = ("transformers", "datasets", "huggingface_hub", "optuna")
"""Loggers that write to standard error by a handler of their own; those of other libraries hand on to the root."""


@contextmanager
def kept_in(path: Path) -> Iterator[int]:
    """Send what Ray writes in this process, and all that it starts write to standard error, to a file for a while.

    What this program itself writes to `sys.stderr` still goes where it went. Yields the descriptor of that place.

    Args:
        path: is appended to; nothing is sent there where libraries' logs are told.
    """
    if is_verbose():
        yield STDERR
        return
    with ExitStack() as stack:
        log = stack.enter_context(_opened(path))
        stack.enter_context(_logger_to(log))
        stack.enter_context(_complaints_to(log))
        yield stack.enter_context(_descriptor_to(log))


@contextmanager
def libraries_kept_in(path: Path) -> Iterator[None]:
    """Send what libraries say by loggers and warnings to a file for a while; on standard error where that is told.

    Some add a handler for standard error to their logger when they are imported, which may be within the context.

    Args:
        path: is appended to.
    """
    if is_verbose():
        with _levels(logging.INFO):
            yield
        return
    with _opened(path) as log, ExitStack() as stack:
        for name in (None, *LIBRARIES, "py.warnings"):
            stack.enter_context(_kept(logging.getLogger(name), log))
        own = logging.getLogger("xlingual")
        stack.callback(setattr, own, "handlers", own.handlers)
        own.handlers = [*own.handlers, *([logging.lastResort] if logging.lastResort else [])]
        logging.captureWarnings(True)
        stack.callback(logging.captureWarnings, False)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[Log]:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        log = Log(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
    try:
        yield log
    finally:
        os.close(log.descriptor)


@contextmanager
def _kept(logger: logging.Logger, log: Log) -> Iterator[None]:
    """Let a logger write to a file alone, whatever handlers its library adds meanwhile."""
    before = logger.handlers
    logger.handlers = [*before, log] if logger is logging.root else [log]
    if logger is not logging.root:
        setattr(logger, "addHandler", lambda handler: None)  # noqa: B010 (a method is replaced, on purpose)
    try:
        yield
    finally:
        logger.__dict__.pop("addHandler", None)
        logger.handlers = before


@contextmanager
def _levels(level: int) -> Iterator[None]:
    """Let the libraries' loggers say more."""
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.setLevel(was)


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
