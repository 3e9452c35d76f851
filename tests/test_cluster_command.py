"""The watchdog of commands on other machines ends the command itself, and not only what entered its namespaces."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_command import Command


class Entered:
    """A machine whose command is the child of another program, as `nsenter --pid` makes it."""

    def command(self, *command: str) -> list[str]:
        return ["bash", "-c", "sleep 1000 & echo $!; wait; exit $?"]


def test_a_command_on_a_host_that_hangs_is_ended_by_its_watchdog() -> None:
    host: Any = Entered()
    command = Command(host, seconds=0.5)
    inner = command.line(str.strip).strip()
    with pytest.raises(AssertionError, match=inner):  # the end of its output, which the inner one holds open
        command.line(lambda line: False)
    assert command.end() == 0  # bash: `wait` without arguments
