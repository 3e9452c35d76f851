"""A line for the user when this process ends without a chance to say anything: by a signal, or by Ray's C++ parts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SCRIPT = 'read -r word || printf "%s\\n" "$1" >&2'
"""Waits for a word from this process; the pipe closes without one when the process ends."""


@contextmanager
def said_at_a_sudden_end(line: str, descriptor: int) -> Iterator[Callable[[], None]]:
    """Have a line written if this process ends while the context lasts, however it ends.

    Ray's C++ parts end a process at once, without Python's handlers: when it cannot register with its raylet, for one.

    Args:
        line: for the user.
        descriptor: of an open file, such as the terminal's.

    Yields:
        what takes the line back, for those who are to end the process with a line of their own.
    """
    waiting = subprocess.Popen(
        ["sh", "-c", SCRIPT, "sh", line],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=descriptor,
        start_new_session=True,  # Ctrl-C is for this process alone
    )

    def take_back() -> None:
        with suppress(OSError, ValueError):  # a second time
            waiting.communicate(b"ended\n")

    try:
        yield take_back
    finally:
        take_back()


def sudden_end_line(ray_output: Path) -> str:
    """Tell that the command is gone, and how to go on."""
    return (
        "error: this command was ended at once, by a signal or by Ray itself, whose own messages are in "
        f"{ray_output}; what is finished is kept and whole: run the same command again to go on"
    )
