"""Every point of a search space that has finitely many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from xlingual.study.space import LogNormal, LogUniform, Node, Simplex, Uniform, draw, nodes


def is_finite(tree: Any) -> bool:
    """Whether a search space has finitely many points."""
    return all(_has_finitely_many(node) for _, node in nodes(tree))


def _has_finitely_many(node: Node) -> bool:
    if isinstance(node, Simplex):
        return len(node.names) < 2
    return not isinstance(node, Uniform | LogUniform | LogNormal) or node.low == node.high


def count_up_to(tree: dict[str, Any], limit: int) -> int:
    """Count the points of a search space, but no further than `limit`, which is what a continuum has."""
    return sum(1 for _ in islice(points(tree), limit)) if is_finite(tree) else limit


def points(tree: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each plain tree of a finite space, with its values by parameter name; one where nothing is searched."""
    turns: list[int] = []
    while True:
        counter = _Counter(turns)
        yield draw(tree, counter), counter.values
        turns = counter.next_turns()
        if not turns:
            return


class _Counter:
    """Counts like an odometer: the given turns, then the first option of every further question."""

    def __init__(self, turns: Sequence[int]) -> None:
        self._turns, self._sizes = list(turns), list[int]()
        self.values: dict[str, Any] = {}

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return the only number of an empty range."""
        return float(self._take(name, (low,)))

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return a number of the range."""
        return int(self._take(name, range(low, high + 1)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        return self._take(name, choices)

    def next_turns(self) -> list[int]:
        """Turn the last wheel that can be turned; empty after the last point."""
        turns = self._turns[: len(self._sizes)]
        while turns and turns[-1] + 1 == self._sizes[len(turns) - 1]:
            turns.pop()
        return [*turns[:-1], turns[-1] + 1] if turns else []

    def _take(self, name: str, options: Sequence[Any]) -> Any:
        place = len(self._sizes)
        self._sizes.append(len(options))
        if place == len(self._turns):
            self._turns.append(0)
        self.values[name] = options[self._turns[place]]
        return self.values[name]
