"""The interface of worlds for simulated searches, and shared functions."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np

from xlingual.study import Choice, Integer, LogUniform, Uniform
from xlingual.study.first import default_values


@dataclass(frozen=True)
class DrawnTrial:
    """The parts of a trial configuration that draws and a queue use."""

    tree: dict[str, Any]
    updates: int = 1

    @property
    def fingerprint(self) -> str:
        return repr(self.tree)

    def canonical(self) -> dict[str, Any]:
        return {**self.tree, "training": {"updates": self.updates}}


class World(Protocol):
    """Scores of trials as a function of their values, by parameter name.

    Attributes:
        tree: the search space.
        reports: shares of a training after which it reports; the last is 1.
        axes: the two parameters that a small grid is made of.
        recipe: the values that a publication states; all others are neutral.
    """

    tree: Any
    reports: tuple[float, ...]
    axes: tuple[str, str]
    recipe: dict[str, Any]

    def curve(self, values: Mapping[str, Any]) -> list[float]:
        """Scores as reported, (reports,), higher is better."""

    def regret(self, values: Mapping[str, Any]) -> float:
        """How far the values end below the best ones, without noise."""


def noise_of(seed: int, values: Mapping[str, Any]) -> np.random.Generator:
    """Return the random numbers of a configuration in a world, independent of the order of its values."""
    digest = hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).digest()
    return np.random.default_rng([seed, 1, int.from_bytes(digest[:8], "big")])


def quantile(node: Any, place: float) -> Any:
    """Return the value at a place of [0, 1] in a range."""
    match node:
        case LogUniform(low, high):
            return float(min(high, max(low, low * math.exp(place * math.log(high / low)))))
        case Uniform(low, high):
            return low + place * (high - low)
        case Integer(low, high):
            return min(high, low + math.floor(place * (high - low + 1)))
    raise TypeError(node)


def recipe_first(world: World) -> dict[str, Any]:
    """Return the published recipe, with neutral values for everything it does not state."""
    return {**default_values(world.tree), **world.recipe}


def small_grid(world: World, seed: int) -> list[dict[str, Any]]:
    """Return a small centred grid as practitioners try it: learning rate by batch size, all else in the middle.

    Quartiles first, then the eighths between them; each part in an order of its own.
    """
    chance, found = random.Random(seed), []
    first, second = (_node(world.tree, axis) for axis in world.axes)
    for places in ((0.25, 0.5, 0.75), (0.125, 0.375, 0.625, 0.875)):
        levels = [quantile(first, place) for place in places]
        others: Sequence[Any] = second.options if isinstance(second, Choice) else _quartiles(second)
        part = [dict(zip(world.axes, pair, strict=True)) for pair in product(levels, others)]
        found += chance.sample(part, len(part))
    return [{**centre(world.tree), **point} for point in found]


def centre(tree: Any, path: str = "") -> dict[str, Any]:
    """Return the middle of every range, equal weights and the first of every choice."""
    match tree:
        case Mapping():
            parts = (centre(value, f"{path}.{key}" if path else key) for key, value in tree.items())
            return {name: value for part in parts for name, value in part.items()}
        case Uniform() | LogUniform() | Integer():
            return {path: quantile(tree, 0.5)}
    return default_values(tree, path=path)


def _quartiles(node: Any) -> list[Any]:
    return [quantile(node, place) for place in (0.25, 0.5, 0.75)]


def _node(tree: Any, path: str) -> Any:
    for key in path.split("."):
        tree = tree[key]
    return tree
