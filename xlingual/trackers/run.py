"""What trackers are sent, and what they have to do with it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol, TypeAlias

Value: TypeAlias = str | int | float | bool
Outcome: TypeAlias = Literal["sent", "known", "waiting"]
"""Of one run: something was added, the store had it all, or it is sent when it has more or has ended."""


@dataclass(frozen=True, slots=True)
class Point:
    """Numbers of one moment of a run.

    Attributes:
        key: unique in the run.
        step: updates done.
        time: seconds since the epoch, from the records: the same whenever it is computed.
        values: by name.
    """

    key: str
    step: int
    time: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Table:
    """The final table, a row for each test set, metric and arm; None where there is no number."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]

    @property
    def markdown(self) -> str:
        """The table as text, numbers with two decimals."""
        lines = [self.columns, ("---",) * len(self.columns), *(tuple(map(_cell, row)) for row in self.rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class TrackedRun:
    """A trial, a replicate, or the study itself, as a tracker sees it.

    Attributes:
        id: the same for the same trial of the same study, whenever and wherever it is computed.
        name: "baseline/search-2/3", "baseline/seed-10201", or the study's name.
        kind: `trial`, `replicate` or `study`.
        arm: empty for the study.
        state: `running`, `finished`, `pruned` or `failed`.
        started: seconds since the epoch.
        ended: the same; None while it runs.
        configuration: by dotted path.
        points: of a trial the reports on the development data; of a replicate also its test scores, of a study the
            arms' means, once the test stage has ended.
        reason: why it was pruned or has failed.
        table: of the study, once the test stage has ended.
        settled: whether nothing will be added to it unless the study is changed.
    """

    id: str
    name: str
    kind: str
    arm: str
    state: str
    started: float
    ended: float | None
    configuration: Mapping[str, Value]
    points: tuple[Point, ...] = ()
    reason: str | None = None
    table: Table | None = None
    settled: bool = False

    @property
    def last_step(self) -> int:
        """Updates at its last point; 0 without any."""
        return max((point.step for point in self.points), default=0)

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing to show yet."""
        return not self.points and self.table is None and self.state not in ("failed", "pruned")

    @cached_property
    def digest(self) -> str:
        """The hash of all that is sent."""
        content = json.dumps(dataclasses.asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a tracker keeps a study.

    Attributes:
        study: the study's name.
        project: what the tracker groups runs by; None is the study's name.
        at: directory or address; None where the tracker decides.
    """

    study: str
    project: str | None = None
    at: str | None = None

    @property
    def group(self) -> str:
        """The project, or the study's name."""
        return self.project or self.study


class Tracker(Protocol):
    """A tracker's store.

    It is called from one thread at a time. Any exception is a warning of the study; the tracker is then opened anew.
    """

    @property
    def place(self) -> str:
        """Where the runs are, for the user."""
        ...

    def known(self) -> Mapping[str, str]:
        """By run, the digest of what the store holds whole; what is missing is sent, so an empty answer is no error."""
        ...

    def send(self, run: TrackedRun) -> Outcome:
        """Add what the store lacks of a run, and nothing twice, even after a kill in the midst of an earlier call."""
        ...

    def close(self) -> None:
        """Put down what is in memory and let go of the store."""
        ...


@dataclass
class Sent:
    """What one round of sending did: runs that were sent, that were up to date, and that wait for more."""

    sent: int = 0
    known: int = 0
    waiting: int = 0
    place: str = field(default="", compare=False)

    def add(self, outcome: Outcome) -> None:
        """Count a run."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    @property
    def runs(self) -> int:
        """All runs of the study."""
        return self.sent + self.known + self.waiting


def _cell(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.2f}"
