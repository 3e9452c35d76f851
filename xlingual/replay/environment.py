"""What differs between the machine and software of a recorded training and those of its replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.search.study_guard import environment_now

OF_A_START = (
    "workers", "device", "cpu", "instructions", "threads", "precision", "rows", "deterministic",
    "rows_of_word_embeddings", "memory", "torch",
)  # fmt: skip
"""What a trial's record says of a start."""


@dataclass(frozen=True, slots=True)
class OtherEnvironment:
    """Something of the environment that is not as it was."""

    what: str
    recorded: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.what} was {self.recorded}, is now {self.now}"


def other_environment(
    directory: StudyDirectory, recorded: TrialDirectory, replayed: TrialDirectory
) -> list[OtherEnvironment]:
    """List what differs; what either record does not say is left out."""
    then, now = journal.read(recorded.environment), journal.read(replayed.environment)
    found = []
    if then and now:
        found += list(_different(then[-1], now[-1], OF_A_START))
        resumed = [start for start in then if start.get("from_update")]
        values = {name: [start.get(name) for start in then] for name in ("workers", "threads", "device", "cpu")}
        found += [
            OtherEnvironment(f"{name} over {len(resumed) + 1} starts", ", ".join(map(str, each)), now[-1].get(name))
            for name, each in values.items()
            if len(set(map(str, each))) > 1
        ]
    command = _command_of(journal.read(directory.environment), then)
    here = environment_now()
    found += _different(command, here, ("python", "platform"))
    found += _different(command.get("versions", {}), here["versions"], list(here["versions"]))
    return list({one.what: one for one in found}.values())


def _command_of(commands: Sequence[Mapping[str, Any]], starts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The last command that began before a trial did."""
    first = starts[0].get("time", 0.0) if starts else 0.0
    before = [one for one in commands if one.get("time", 0.0) <= first]
    return (before or commands or [{}])[-1]


def _different(then: Mapping[str, Any], now: Mapping[str, Any], names: Sequence[str]) -> Iterator[OtherEnvironment]:
    for name in names:
        if name in then and name in now and then[name] != now[name]:
            yield OtherEnvironment(name, then[name], now[name])
