"""The trials before a search has learnt enough: balanced over the space, and drawn towards its middle.

A trial's point is a function of the search's seed and of its number. Every number is balanced by itself: of the first
2, 4, 8, ... points each lies in another half, quarter, eighth of its scale (van der Corput's sequence with nested
random digits, Owen 1995), so that three or five trials cover a range as well as so few can. Two parameters have
independent digits. The options of a choice come in turn, in an order drawn anew for every round; what only one option
has is balanced over the trials with that option.

What is balanced is the share of a number's centred distribution that lies below it (`xlingual.search.coordinates`), of
whole numbers that of Beta(2, 2).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlingual.search.coordinates import Centred, Coordinate, coordinates
from xlingual.seeds import stream_seed
from xlingual.study.space import (
    NODES,
    Integer,
    LogNormal,
    LogUniform,
    Node,
    Simplex,
    Uniform,
    join_path,
    labelled_options,
    values,
)

DIGITS = 32
"""Of a point, in base 2."""


def design_point(space: Any, number: int, first: Mapping[str, Any], stream: tuple[int, str]) -> dict[str, Any]:
    """Return the values, by parameter name, of a trial.

    Args:
        space: the arm's tree.
        number: of the trial in its search, from 1; number 0 is `first`.
        first: the values of the first trial: its options are the first of their turns.
        stream: the search's seed, and its name.
    """
    return _Design(first, stream, coordinates(space, centred=True)).values(space, number, "", True)


@dataclass(frozen=True)
class _Design:
    first: Mapping[str, Any]
    stream: tuple[int, str]
    coordinates: Mapping[str, Coordinate]

    def values(self, space: Any, turn: int, path: str, begun: bool) -> dict[str, Any]:
        """Values of what is below a path.

        Args:
            space: the tree there.
            turn: how many earlier trials of the design had this part of the space, the first trial included.
            path: dotted.
            begun: whether the first trial had it.
        """
        match space:
            case Mapping():
                parts = [self.values(value, turn, join_path(path, key), begun) for key, value in space.items()]
                return {name: value for part in parts for name, value in part.items()}
            case Integer(low, high):
                share = Centred(0.0, 1.0, False).at_share(self._unit(turn - begun, path))
                return {path: min(high, low + math.floor(share * (high - low + 1)))}
            case Simplex(names):
                paths = [join_path(path, str(position)) for position in range(len(names) - 1)]
                return {name: self._number(turn - begun, name) for name in paths}
            case Uniform(low, high) | LogUniform(low, high) if low == high:
                return {path: low}
            case Uniform() | LogUniform() | LogNormal():
                return {path: self._number(turn - begun, path)}
        return self._chosen(space, turn, path, begun) if isinstance(space, NODES) else {}

    def _chosen(self, choice: Node, turn: int, path: str, begun: bool) -> dict[str, Any]:
        """The option of a choice, and values of what is below it."""
        options = labelled_options(choice) or dict.fromkeys(values(choice))
        names = tuple(options)
        position, again = self._option(len(names), turn, path, self._first_option(names, path, begun))
        name = names[position]
        known = begun and self.first.get(path) == name
        return {path: name, **self.values(options[name], again, join_path(path, str(name)), known)}

    def _number(self, index: int, path: str) -> float:
        return self.coordinates[path].at_share(self._unit(index, path))

    def _first_option(self, names: tuple[Any, ...], path: str, begun: bool) -> int | None:
        return names.index(self.first[path]) if begun and self.first.get(path) in names else None

    def _option(self, count: int, turn: int, path: str, first: int | None) -> tuple[int, int]:
        """The position of an option, and how often it had its turn before."""
        completed, place = divmod(turn, count)
        order = list(range(count))
        random.Random(stream_seed(*self.stream, "design", path, completed)).shuffle(order)
        if completed == 0 and first is not None:
            order.sort(key=lambda position: position != first)
        return order[place], completed

    def _unit(self, index: int, path: str) -> float:
        """A point of [0, 1): an index's binary digits, lowest first, each flipped by chance for those before it."""
        unit, met = 0.0, ""
        for digit in range(DIGITS):
            bit = index >> digit & 1
            flipped = bit ^ (stream_seed(*self.stream, "design", path, met) & 1)
            unit += flipped / 2 ** (digit + 1)
            met += str(bit)
        return unit
