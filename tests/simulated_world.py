"""A simulated cluster: its clock, its machines, its shared storage, and what goes wrong there, all from one seed.

The machines are made up. The records are real files, which the real driver and the simulated trials write with the
code of `xlingual.records`; storage fails in the two functions that all of these writes pass through.
"""

from __future__ import annotations

import errno
import os
import random
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlingual.records import journal
from xlingual.search.attempts import PAUSES
from xlingual.search.nodes import Node, Survey

FAULTS = (
    "worker dies",
    "worker crashes",
    "out of memory",
    "node dies",
    "node cut off",
    "node with storage of its own",
    "node preempted",
    "call fails",
    "storage full",
    "storage read-only",
    "storage away",
    "driver killed",
    "driver killed in a write",
    "Ray Tune ends",
    "another command",
    "trial diverges",
    "trial always raises",
    "trial ends without a word",
    "trial cannot be trained for now",
    "checkpoint lost",
    "report twice",
    "report late",
    "answers fail",
    "wall clock differs",
)
STORAGE = {"storage full": errno.ENOSPC, "storage read-only": errno.EROFS, "storage away": errno.ETIMEDOUT}
ALL_THE_TIME = 20_000
"""Looks at the clock after which a study counts as one that does not end."""


class Killed(BaseException):
    """The sudden end of the driver, not caught by anything below."""


@dataclass(frozen=True)
class Plan:
    """What may go wrong in a study.

    Attributes:
        faults: their names.
        rate: of each fault a simulated second, where it is one that comes at some time.
        share: of configurations that fail by themselves.
    """

    faults: frozenset[str] = frozenset()
    rate: float = 0.0
    share: float = 0.2


@dataclass
class Machine:
    """A machine: `key` changes when it comes back, as Ray's node ids do; its wall clock is `skew` seconds off."""

    number: int
    slots: int
    life: int = 0
    away_until: float = 0.0
    cut: bool = False
    alone_until: float = 0.0
    skew: float = 0.0

    @property
    def key(self) -> str:
        return f"node-{self.number}-{self.life}"


@dataclass
class World:
    """Everything around the driver.

    Attributes:
        root: where records lie; machines with storage of their own write beside it.
        plan: what may go wrong.
        chance: of everything that is not the driver's.
        machines: of the cluster.
        skew: seconds by which the wall clock of the machine that acts now is off.
        driver_acts: whether what happens now happens in the driver's process, which may be killed then.
        ease: of what may go wrong, what does: it gets less from command to command, as the study would not end else.
        happened: how often each fault did.
        counted: by fingerprint, failures of no known kind.
    """

    root: Path
    plan: Plan
    chance: random.Random
    machines: list[Machine] = field(default_factory=list)
    now: float = 0.0
    skew: float = 0.0
    ease: float = 1.0
    looks: int = 0
    driver_acts: bool = False
    storage_fault: int = 0
    storage_until: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)

    def clock(self) -> float:
        """Seconds that only grow."""
        return self.now

    def wall_clock(self) -> float:
        """The time of day on the machine that acts now."""
        return 1e9 + self.now + self.skew

    def strikes(self, fault: str, rate: float | None = None) -> bool:
        """Draw whether a fault happens now."""
        if fault not in self.plan.faults or self.chance.random() >= self.ease * (
            self.plan.rate if rate is None else rate
        ):
            return False
        self.happened[fault] += 1
        return True

    def clock_error(self) -> float:
        """Seconds by which a machine's wall clock is off."""
        return self.chance.uniform(-300.0, 300.0) if self.strikes("wall clock differs", 0.3) else 0.0

    def may_count(self, item: Mapping[str, Any]) -> bool:
        """Whether one more failure of no known kind may befall a configuration: with another it failed for good."""
        return self.counted[item["fingerprint"]] < len(PAUSES)

    def count(self, item: Mapping[str, Any], unknown: bool) -> None:
        """Count a failure of no known kind."""
        self.counted[item["fingerprint"]] += unknown

    def pass_time(self, seconds: float) -> None:
        """Let time pass: machines and storage come back, others go."""
        self.now += seconds
        self.looks += 1
        assert self.looks < ALL_THE_TIME, "the study does not end"
        if self.storage_fault and self.now >= self.storage_until:
            self.storage_fault = 0
        for fault, number in STORAGE.items():
            if not self.storage_fault and self.strikes(fault, self.plan.rate / 3):
                self.storage_fault, self.storage_until = number, self.now + self.chance.choice((5.0, 60.0, 900.0))

    def alive(self) -> list[Machine]:
        """The machines that Ray sees."""
        return [machine for machine in self.machines if self.now >= machine.away_until]

    def has_left(self, key: str) -> bool:
        """Whether a node of this id is not the cluster's now."""
        return key not in {machine.key for machine in self.alive()}

    def survey(self, study: Path, keys: Collection[str] | None) -> Survey:
        """Look at the nodes of some ids, or at all, as `xlingual.search.nodes.ask_cluster` does."""
        if self.storage_fault:
            return Survey((), f"{study} cannot be written ({os.strerror(self.storage_fault)})")
        return Survey(
            tuple(
                Node(
                    machine.key,
                    machine.key,
                    {"CPU": float(machine.slots)},
                    f"{study} is not shared with that node" if self.now < machine.alone_until else None,
                )
                for machine in self.alive()
                if keys is None or machine.key in keys
            )
        )

    def end(self) -> None:
        """Let nothing go wrong any more."""
        self.ease, self.storage_fault = 0.0, 0
        for machine in self.machines:
            machine.away_until, machine.alone_until, machine.cut = 0.0, 0.0, False

    def driver_step(self) -> None:
        """Give the driver's end a chance."""
        if self.driver_acts and self.strikes("driver killed", self.plan.rate / 4):
            raise Killed

    def append(self, path: Path, line: bytes) -> None:
        """Write to a journal: what a full disk or a kill leaves is part of a line."""
        self.driver_step()
        if self.storage_fault and path.is_relative_to(self.root):
            if self.storage_fault == errno.ENOSPC:
                self._tear(path, line)
            raise OSError(self.storage_fault, os.strerror(self.storage_fault))
        if self.driver_acts and self.strikes("driver killed in a write", self.plan.rate / 2):
            self._tear(path, line)
            raise Killed
        _APPEND(path, line)
        self.driver_step()

    def replace(self, source: Any, target: Any) -> None:
        """Move a whole file into place."""
        self.driver_step()
        if self.storage_fault and Path(target).is_relative_to(self.root):
            raise OSError(self.storage_fault, os.strerror(self.storage_fault))
        if self.driver_acts and self.strikes("driver killed in a write", self.plan.rate / 2):
            raise Killed
        _REPLACE(source, target)
        self.driver_step()

    def _tear(self, path: Path, line: bytes) -> None:
        """Leave part of a line, as `journal.append` may: its newline comes last."""
        _APPEND(path, line[: self.chance.randrange(len(line))])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Be the world around the records and the clock of this process."""
        before = (journal._append, os.replace, time.time, os.fsync)
        journal._append, os.replace, time.time = self.append, self.replace, self.wall_clock
        os.fsync = lambda descriptor: None  # what is written need not survive a power failure
        try:
            yield
        finally:
            journal._append, os.replace, time.time, os.fsync = before

    @contextmanager
    def elsewhere(self, machine: Machine) -> Iterator[None]:
        """Act in a process that is not the driver's."""
        before = (self.driver_acts, self.skew)
        self.driver_acts, self.skew = False, machine.skew
        try:
            yield
        finally:
            self.driver_acts, self.skew = before


_APPEND, _REPLACE = journal._append, os.replace
