"""The coordinates in which a search sees numbers: of each, the share of a distribution that lies below it.

A share is uniform on [0, 1] where the number follows the distribution. A log-normal number has its own; others have one
that is drawn towards the middle, where ranges are worth it (Cauwet et al., arXiv 1910.08406): ranges Beta(2, 2), log
ranges the same in the logarithm, the weights of a simplex Dirichlet(4, ..., 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from scipy.special import betainc, betaincinv

from xlingual.study.space import LogNormal, LogUniform, Simplex, Uniform, nodes

CONCENTRATION = 4.0
"""Of the Dirichlet distribution of weights; 1 is uniform on the simplex."""


class Coordinate(Protocol):
    """A distribution of a number, as two functions that undo each other."""

    def at_share(self, share: float) -> float:
        """Return the number below which a share of the distribution lies, of [0, 1]."""
        ...

    def share_below(self, value: float) -> float:
        """Return the share of the distribution, of [0, 1], that lies below a number."""
        ...


@dataclass(frozen=True, slots=True)
class Centred:
    """A number of [low, high], Beta(2, 2) between them, or between their logarithms."""

    low: float
    high: float
    log: bool

    def at_share(self, share: float) -> float:
        """Return the number below which a share of the distribution lies, of [0, 1]."""
        place = 0.5 - math.sin(math.asin(1.0 - 2.0 * share) / 3.0)  # the distribution function is 3 x^2 - 2 x^3
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return min(self.high, max(self.low, math.exp(low + (high - low) * place)))
        return min(self.high, max(self.low, self.low * (1.0 - place) + self.high * place))

    def share_below(self, value: float) -> float:
        """Return the share of the distribution, of [0, 1], that lies below a number."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        place = ((math.log(value) if self.log else value) - low) / (high - low)
        place = min(1.0, max(0.0, place))
        return min(1.0, max(0.0, place**2 * (3.0 - 2.0 * place)))


@dataclass(frozen=True, slots=True)
class Stick:
    """A coordinate of a simplex (`xlingual.study.simplex`) whose weights are Dirichlet(c, ..., c).

    The share that a weight takes of what is left is Beta(c, c n) before `others` = n further weights.
    """

    others: int

    def at_share(self, share: float) -> float:
        """Return the coordinate below which a share of the distribution lies, of [0, 1]."""
        taken = float(betaincinv(CONCENTRATION, CONCENTRATION * self.others, share))
        return min(1.0, max(0.0, 1.0 - (1.0 - taken) ** self.others))

    def share_below(self, value: float) -> float:
        """Return the share of the distribution, of [0, 1], that lies below a coordinate."""
        taken = 1.0 - (1.0 - value) ** (1.0 / self.others)
        return float(betainc(CONCENTRATION, CONCENTRATION * self.others, taken))


def coordinates(space: Any, *, centred: bool) -> dict[str, Coordinate]:
    """Return coordinates by parameter name: of log-normal numbers, and where centred of all numbers but integers."""
    return dict(_coordinates(space, centred))


def _coordinates(space: Any, centred: bool) -> Iterator[tuple[str, Coordinate]]:
    for name, node in nodes(space):
        if isinstance(node, LogNormal):
            yield name, node
        elif centred and isinstance(node, (Uniform, LogUniform)) and node.low < node.high:
            yield name, Centred(node.low, node.high, isinstance(node, LogUniform))
        elif centred and isinstance(node, Simplex):
            yield from ((f"{name}.{i}", Stick(len(node.names) - 1 - i)) for i in range(len(node.names) - 1))
