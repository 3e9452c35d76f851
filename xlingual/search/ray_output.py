"""Ray's own output kept out of the way: warnings, traces of workers and of its C++ parts go to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlingual.records.storage import writing

STDERR = 2


@contextmanager
def kept_in(path: Path) -> Iterator[int]:
    """Send what this process and those that it starts write to standard error to a file while the context lasts.

    Ray's C++ parts write to the descriptor itself, so that nothing less helps. A study's own progress goes to standard
    output, and its errors are shown when the context has ended. Yields the descriptor of the terminal.

    Args:
        path: is appended to.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    sys.stderr.flush()
    terminal = os.dup(STDERR)
    os.dup2(descriptor, STDERR)
    os.close(descriptor)
    try:
        yield terminal
    finally:
        sys.stderr.flush()
        os.dup2(terminal, STDERR)
        os.close(terminal)
