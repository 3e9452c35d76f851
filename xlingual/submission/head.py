"""The head of a cluster, reached as `ray up` reached it: by Ray's own commands, which go through ssh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from xlingual.errors import XlingualError

_RAY = (sys.executable, "-m", "ray.scripts.scripts")
LAST = 40
_OF_RAY = (" -- ", "To ensure this mount", "Shared connection", "Warning: Permanently added", "Error: SSH command")
"""Parts of lines in which Ray and ssh say what they do, and not why they fail."""


class HeadError(XlingualError):
    """The head cannot be reached, or a command of Ray failed."""


class Head:
    """The head of the cluster of a file.

    Args:
        file: path of the cluster file, from the current directory.
        name: of the cluster.
    """

    def __init__(self, file: str, name: str) -> None:
        self.file, self.name = file, name

    def send(self, source: Path, target: str) -> None:
        """Copy a file to the head.

        Raises:
            HeadError: when it cannot be reached.
        """
        self._ray("rsync-up", str(source), target)

    def fetch(self, source: str, target: Path) -> None:
        """Copy a file from the head.

        Raises:
            HeadError: when it cannot be reached.
        """
        self._ray("rsync-down", source, str(target))

    def take_down(self) -> None:
        """Run `ray down`.

        Raises:
            HeadError: when it fails.
        """
        self._ray("down", "--yes")

    def lines(self, command: str) -> Generator[dict[str, Any], None, None]:
        """Run a shell command there; yields the JSON objects that it prints, one a line, and passes over the rest.

        Raises:
            HeadError: when it cannot be reached, or the command fails.
        """
        process = self._start("exec", self.file, command)
        said: deque[str] = deque(maxlen=LAST)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                found = _json(line)
                if found is None:
                    said.append(line)
                else:
                    yield found
            if process.wait() != 0:
                raise self._failure("exec", said)
        finally:
            _end(process)

    def _ray(self, command: str, *arguments: str) -> None:
        process = self._start(command, self.file, *arguments)
        try:
            said = process.communicate()[0]
        finally:
            _end(process)
        if process.returncode != 0:
            raise self._failure(command, said.splitlines())

    def _start(self, *words: str) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONUTF8": "1"}
        # a session of its own: Ctrl-C ends following, not a copy halfway
        return subprocess.Popen(
            [*_RAY, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,
        )

    def _failure(self, command: str, said: Sequence[str]) -> HeadError:
        text = "\n".join(said)
        if "ead node of cluster" in text and "not found" in text:
            return HeadError(f"{self.file}: cluster {self.name} is not up; start it with `ray up {self.file}`")
        plain = [line.strip() for line in said if line.strip() and not any(word in line for word in _OF_RAY)]
        reason = plain[-1] if plain else "it says no reason"
        return HeadError(
            f"{self.file}: `ray {command}` failed on cluster {self.name} ({reason}); see whether `ray exec {self.file} "
            f"uptime` works, and run `ray up {self.file}` if the cluster is down"
        )


def _json(line: str) -> dict[str, Any] | None:
    begin = line.find('{"')
    if begin < 0:
        return None
    try:
        found = json.loads(line[begin:])
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _end(process: subprocess.Popen[str]) -> None:
    """End a command that nobody reads any more; what it started on the head goes on."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
