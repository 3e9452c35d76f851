"""What becomes of a process whose training hangs: it says so and ends, and its trial is tried again."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from xlingual.records.attached import refresh
from xlingual.records.files import remove, write_text
from xlingual.records.layout import TrialDirectory
from xlingual.search.failures import PLACE, Failure

SECONDS_TO_TELL = 60.0
"""For what hangs may be the storage that it is told to, or the driver."""


def end_hung(
    line: str,
    directory: TrialDirectory,
    report: Callable[[str], None],
    *,
    seconds: float = SECONDS_TO_TELL,
    end: Callable[[int], object] = os._exit,
) -> None:
    """Leave a word and what every thread was at, then end this process: a call that never returns cannot be left.

    Args:
        line: what was seen.
        directory: the trial's records.
        report: tells the driver, where this process can.
        seconds: to wait for both.
        end: ends the process.
    """
    stacks = _stacks()
    print(f"{line}\n{stacks}", file=sys.stderr, flush=True)

    def tell() -> None:
        with suppress(Exception):
            write_text(directory.path / "error.txt", f"{line}\n\n{stacks}")
            write_text(_word(directory), line)
        report(line)

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    telling.join(seconds)
    end(1)


def forget(directory: TrialDirectory) -> None:
    """Remove the word that an earlier try left."""
    remove(_word(directory))


def word_of_workers(directory: TrialDirectory) -> Failure | None:
    """The word that one of several workers left."""
    with suppress(Exception):
        refresh(directory.path)
        return Failure(PLACE, _word(directory).read_text(encoding="utf-8"))
    return None


def _word(directory: TrialDirectory) -> Path:
    return directory.path / "hung.txt"


def _stacks() -> str:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
    )
