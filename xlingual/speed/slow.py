"""Precisions that are many times slower than another: recognised after one update, then skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from xlingual.speed.training_speed import TooSlow, TrainingSpeed

MANY_TIMES = 3.0
"""How many times slower a precision is that nobody would train in."""

PATIENCE = 8.0
"""Seconds that updates of a slow precision may take all the same: on a GPU both are soon measured."""


def worth_timing(first: float, headline_first: float, updates: int) -> bool:
    """Whether timing further updates is worth it.

    Args:
        first: seconds of the first update, which warms up.
        headline_first: the same, of the precision that it is compared with.
        updates: that would follow.
    """
    return first < MANY_TIMES * headline_first or first * updates <= PATIENCE


@dataclass(frozen=True, slots=True)
class Skipped:
    """A precision that was not measured.

    Attributes:
        precision: its name.
        compared_with: the headline's precision.
        times_slower: how much longer the same work takes.
        train_windows_per_s: what that makes of the headline's rate: an estimate.
    """

    precision: str
    compared_with: str
    times_slower: float
    train_windows_per_s: float

    def as_json(self) -> dict[str, Any]:
        """Every field, for an estimate to read."""
        return asdict(self)

    def note(self) -> str:
        """What a reader is told."""
        return (
            f"{self.precision} is skipped: the same work takes about {self.times_slower:.1f} times as long as in "
            f"{self.compared_with} on this machine"
        )


@dataclass(frozen=True, slots=True)
class Hopeless:
    """A precision that was asked for though nobody would train in it here.

    Attributes:
        precision: its name.
        times_slower: how much longer products of a layer take than in float32.
    """

    precision: str
    times_slower: float

    @classmethod
    def among(cls, precision: str, times_slower: float, tell: Callable[[str], None]) -> Hopeless | None:
        """Tell of a precision that is many times slower; None for another one."""
        if times_slower < MANY_TIMES:
            return None
        found = cls(precision, times_slower)
        tell(found.note())
        return found

    def note(self) -> str:
        """What a reader is told."""
        return (
            f"{self.precision}: a layer takes about {self.times_slower:.1f} times as long as in fp32 on this machine, "
            "so only one update is timed, in one size of micro-batch"
        )


def timed_unless_slow(
    headline: TrainingSpeed,
    precision: str,
    expected: float,
    updates: int,
    train: Callable[[Callable[[float], bool]], TrainingSpeed],
) -> TrainingSpeed | Skipped:
    """Time updates in another precision than the headline's, unless it is known or turns out to be many times slower.

    Args:
        headline: what it is compared with.
        precision: the other one.
        expected: how many times slower its products were found to be; 1 if unknown.
        updates: that would be timed.
        train: times them; hears whether to go on after the first update's seconds.
    """

    def go_on(first: float) -> bool:
        return worth_timing(first, headline.first, updates)

    times = expected
    if go_on(expected * headline.first):
        try:
            return train(go_on)
        except TooSlow as slow:
            times = slow.first / headline.first
    return Skipped(precision, headline.precision, times, headline.windows_per_s / times)
