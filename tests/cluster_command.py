"""`xlingual run`, started on a machine of a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cluster_hosts as hosts


class Command:
    """`xlingual run` on a machine; `line` waits for a printed line."""

    def __init__(self, host: hosts.Host | None, *arguments: str, seconds: float = 240.0) -> None:
        self._on_host = host is not None
        command = [sys.executable, "-u", "-m", "xlingual", "run", *arguments]
        self.process = subprocess.Popen(
            host.command(*command) if host else command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=hosts.environment(),
        )
        self.lines: list[str] = []
        self._watchdog = threading.Timer(seconds, self._shoot)
        self._watchdog.daemon = True
        self._watchdog.start()

    def line(self, wanted: Callable[[str], bool]) -> str:
        """Read until a given line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if wanted(line):
                return line
        raise AssertionError("".join(self.lines))

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._shoot()
        self.end()

    def _shoot(self) -> None:
        """Send SIGKILL; on a host to the child of what entered the namespaces, which outlives its parent."""
        own = self.process.pid
        with suppress(OSError):  # it has ended by itself
            inner = Path(f"/proc/{own}/task/{own}/children").read_text().split() if self._on_host else []
            for each in map(int, inner or [own]):
                os.kill(each, signal.SIGKILL)

    def end(self) -> int:
        """Read to the end; return the exit status."""
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)
        self.process.stdout.close()
        status = self.process.wait()
        self._watchdog.cancel()
        return status

    @property
    def said(self) -> str:
        """Everything it printed."""
        return "".join(self.lines)
