"""A command in a pseudo-terminal, and what a user would see there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyte

PATIENCE = 600.0
"""Seconds that anything may take on a machine that does other things too."""


@dataclass
class Terminal:
    """A process whose terminal this is.

    Attributes:
        screen: what is on the screen now, and what scrolled off above it.
        times: when output came, in seconds since the start, and what.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    columns: int = 80
    lines: int = 24
    screen: pyte.HistoryScreen = field(init=False)
    times: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.screen = pyte.HistoryScreen(self.columns, self.lines, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self._ours, theirs = pty.openpty()
        self._set_size()
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env=dict(self.environment),
            preexec_fn=_take_terminal,
        )
        os.close(theirs)

    @property
    def display(self) -> list[str]:
        """The lines of the screen."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """Everything that was written, above the screen and on it."""
        above = ["".join(row[x].data for x in range(max(row, default=-1) + 1)) for row in self.screen.history.top]
        return "\n".join([*above, *self.display])

    def resize(self, columns: int, lines: int) -> None:
        """Change the terminal's size, as a user does who drags a window."""
        self.columns, self.lines = columns, lines
        self._set_size()
        self.screen.resize(lines, columns)
        os.killpg(os.tcgetpgrp(self._ours), signal.SIGWINCH)

    def press_ctrl_c(self) -> None:
        """Press Ctrl-C: the terminal sends it to all processes in its foreground."""
        os.write(self._ours, b"\x03")

    def wait_for(self, seen: Callable[[], object], patience: float = PATIENCE) -> None:
        """Read until something is seen.

        Raises:
            AssertionError: with the screen, when it is not.
        """
        until = time.monotonic() + patience
        while not seen():
            assert time.monotonic() < until, "not seen on\n" + self.text
            assert self._read(0.2) or not self.has_ended or seen(), "not seen, and the command has ended:\n" + self.text

    def wait(self, patience: float = PATIENCE) -> int:
        """Read to the end; returns the exit status."""
        self.wait_for(lambda: self.has_ended, patience)
        while self._read(0):
            pass
        os.close(self._ours)
        return self.process.wait()

    @property
    def has_ended(self) -> bool:
        """Whether the command has."""
        return self.process.poll() is not None

    def gaps(self, longest: float = 2.0) -> list[tuple[float, float]]:
        """Silent times of more than some seconds: from when, how long."""
        stamps = [0.0, *(at for at, _ in self.times)]
        return [(before, after - before) for before, after in pairwise(stamps) if after - before > longest]

    def _read(self, patience: float) -> bool:
        if not select.select([self._ours], [], [], patience)[0]:
            return False
        try:
            found = os.read(self._ours, 65536)
        except OSError:  # the other end is closed
            found = b""
        if found:
            self.times.append((time.monotonic() - self._began, found))
            self._stream.feed(found)
        return bool(found)

    def _set_size(self) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", self.lines, self.columns, 0, 0))


def _take_terminal() -> None:
    """Make standard input the controlling terminal of a new session, as a login does."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
