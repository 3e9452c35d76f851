"""Search-space nodes: how a tree of them is drawn, walked and put in words.

A tree is a dict whose leaves are plain values or nodes. A parameter's name is the dotted path of its node, so that the
same choice carries the same name in every trial: "training.learning_rate", "mixture.weights.0" (simplex), "robust" and
"robust.noisy.embedding_noise.magnitude" (a choice between subtrees, and what only one of them has).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import NormalDist
from typing import Any, ClassVar, Protocol, TypeAlias

from xlingual.study.simplex import from_unit_cube

_NORMAL = NormalDist()


class Suggest(Protocol):
    """Source of values: an optuna.Trial, or anything with the same three methods."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number of [low, high]."""
        ...

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return a whole number of [low, high], both ends included."""
        ...

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        ...


@dataclass(frozen=True, slots=True)
class Uniform:
    """A number of [low, high], uniformly distributed."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LogUniform:
    """A number of [low, high] whose logarithm is uniform."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A number whose logarithm is normal: its mean is log(median), its standard deviation log(factor).

    Two numbers of three lie between median / factor and median * factor. The distribution is cut off at `DEVIATIONS`
    standard deviations, 0.3% of it; what is left is a range like any other, from `low` to `high`, and a recorded value
    is the number itself. `draw` asks for a number of that range on a logarithmic scale; the search's sampler knows the
    distribution, and draws the share of it that lies below a number (`share_below`, `at_share`), which is uniform.
    """

    median: float
    factor: float

    DEVIATIONS: ClassVar[float] = 3.0

    @property
    def low(self) -> float:
        """The lowest number."""
        return float(self.median / self.factor**self.DEVIATIONS)

    @property
    def high(self) -> float:
        """The highest number."""
        return float(self.median * self.factor**self.DEVIATIONS)

    def share_below(self, value: float) -> float:
        """Return the share of the distribution, of [0, 1], that lies below a number of the range."""
        below, whole = _NORMAL.cdf(-self.DEVIATIONS), 1.0 - 2.0 * _NORMAL.cdf(-self.DEVIATIONS)
        deviations = math.log(value / self.median) / math.log(self.factor)
        return min(1.0, max(0.0, (_NORMAL.cdf(deviations) - below) / whole))

    def at_share(self, share: float) -> float:
        """Return the number below which a share of the distribution lies, of [0, 1]."""
        below, whole = _NORMAL.cdf(-self.DEVIATIONS), 1.0 - 2.0 * _NORMAL.cdf(-self.DEVIATIONS)
        value = self.median * self.factor ** _NORMAL.inv_cdf(below + whole * share)
        return float(min(self.high, max(self.low, value)))


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number of low..high, both ends included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options: plain values, or (where `labels` names them) values, mappings, subtrees or None."""

    options: tuple[Any, ...]
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Simplex:
    """Non-negative weights of the named items that sum to one, uniformly distributed.

    `names` is empty where the study file says "all"; arm_space fills the names in.
    """

    names: tuple[str, ...]


Node: TypeAlias = Uniform | LogUniform | LogNormal | Integer | Choice | Simplex
NODES = (Uniform, LogUniform, LogNormal, Integer, Choice, Simplex)
RANGES = (Uniform, LogUniform, LogNormal, Integer)
"""Nodes of numbers from a `low` to a `high` one."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One searched quantity: its name, its range in words, and when it exists ("" for always)."""

    name: str
    text: str
    condition: str = ""


def draw(tree: Any, suggest: Suggest, path: str = "") -> Any:
    """Return the tree with a value from `suggest` in place of every node; the node's dotted path is its name."""
    match tree:
        case Uniform(low, high):
            return suggest.suggest_float(path, low, high)
        case LogUniform() | LogNormal():
            return suggest.suggest_float(path, tree.low, tree.high, log=True)
        case Integer(low, high):
            return suggest.suggest_int(path, low, high)
        case Choice(options, None):
            return suggest.suggest_categorical(path, list(options))
        case Choice(options, tuple() as labels):
            label = suggest.suggest_categorical(path, list(labels))
            return draw(options[labels.index(label)], suggest, join_path(path, label))
        case Simplex(names):
            units = [suggest.suggest_float(join_path(path, str(i)), 0.0, 1.0) for i in range(len(names) - 1)]
            return dict(zip(names, from_unit_cube(units), strict=True))
        case Mapping():
            return {key: draw(value, suggest, join_path(path, key)) for key, value in tree.items()}
    return tree


def children(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is directly below a tree, with its step of a path: values by key, or labelled options by label."""
    yield from (tree if isinstance(tree, Mapping) else labelled_options(tree) or {}).items()


def labelled_options(tree: Any) -> dict[str, Any] | None:
    """Return the options of a choice with labels, by label; None for all else."""
    if isinstance(tree, Choice) and tree.labels is not None:
        return dict(zip(tree.labels, tree.options, strict=True))
    return None


def nodes(tree: Any, path: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every node with its parameter's name, in the order in which `draw` meets it, those of all options."""
    if isinstance(tree, NODES):
        yield path, tree
    for step, inner in children(tree):
        yield from nodes(inner, join_path(path, step))


def is_searched(tree: Any) -> bool:
    """Whether a tree has any node."""
    return any(True for _ in nodes(tree))


def parameters(tree: Any, path: str = "", condition: str = "") -> Iterator[Parameter]:
    """List what a tree searches, in the order in which `draw` meets it; a simplex counts as one parameter.

    The weight of a single name is one, and is not searched.
    """
    if isinstance(tree, NODES) and not (isinstance(tree, Simplex) and len(tree.names) == 1):
        yield Parameter(path, in_words(tree), condition)
    for step, inner in children(tree):
        met = [condition, "" if isinstance(tree, Mapping) else f"{path} is {step}"]
        yield from parameters(inner, join_path(path, step), " and ".join(filter(None, met)))


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a tree with `change` applied to each value that is neither a mapping nor a choice with labels."""
    options = labelled_options(tree)
    if options is not None:
        return Choice(tuple(mapped(option, change) for option in options.values()), tuple(options))
    if isinstance(tree, Mapping):
        return {key: mapped(value, change) for key, value in tree.items()}
    return change(tree)


def with_options(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a choice with `change` applied to each of its options; anything else is changed itself."""
    if isinstance(tree, Choice):
        return Choice(tuple(with_options(option, change) for option in tree.options), tree.labels)
    return change(tree)


def choice_options(value: Any) -> Iterator[tuple[str | int, Any]]:
    """Yield the options of a choice by label, or else by position; nothing for all else."""
    if isinstance(value, Choice):
        yield from zip(value.labels or range(len(value.options)), value.options, strict=True)


def corners(tree: Any, ends: Callable[[str, tuple[Any, ...]], Iterable[Any]], key: str = "") -> Iterator[Any]:
    """Yield plain trees at the ends of what is searched: every combination of the values that `ends` gives.

    Args:
        tree: what is drawn from.
        ends: takes a key (the last of its path, "" for the tree itself) and all that may be there, `values`; returns
            what to try, plain values or mappings with nodes.
        key: that of the tree.
    """
    for one in ends(key, values(tree)):
        if isinstance(one, Mapping):
            for combination in product(*(list(corners(value, ends, name)) for name, value in one.items())):
                yield dict(zip(one, combination, strict=True))
        else:
            yield one


def in_words(node: Node) -> str:
    """Describe a node's range: "uniform 0.05 to 0.5"."""
    match node:
        case Uniform(low, high):
            return f"uniform {low:g} to {high:g}"
        case LogUniform(low, high):
            return f"log-uniform {low:g} to {high:g}"
        case LogNormal(median, factor):
            return f"log-normal around {median:g} by a factor of {factor:g} ({node.low:.3g} to {node.high:.3g})"
        case Integer(low, high):
            return f"integer {low} to {high}"
        case Choice(options, labels):
            return "one of " + ", ".join(labels or (_word(option) for option in options))
        case Simplex(names):
            return f"weights of {', '.join(names) or 'all'} that sum to one"


def as_written(value: Any) -> Any:
    """Return a tree as a study file writes it, in JSON types only."""
    match value:
        case Uniform(low, high):
            return {"uniform": [low, high]}
        case LogUniform(low, high):
            return {"log_uniform": [low, high]}
        case LogNormal(median, factor):
            return {"log_normal": [median, factor]}
        case Integer(low, high):
            return {"integer": [low, high]}
        case Choice(options, None):
            return {"choice": list(options)}
        case Choice(options, tuple() as labels):
            return {"choice": {label: as_written(option) for label, option in zip(labels, options, strict=True)}}
        case Simplex(names):
            return {"simplex": list(names) or "all"}
        case Mapping():
            return {key: as_written(item) for key, item in value.items()}
        case tuple() | list():
            return [as_written(item) for item in value]
    return value


def from_written(written: Any) -> Any:
    """Return the tree that `as_written` wrote, with nodes in place of their mappings."""
    if not isinstance(written, Mapping):
        return tuple(written) if isinstance(written, list) else written
    match next(iter(written.items())) if len(written) == 1 else None:
        case ("uniform" | "log_uniform" | "log_normal" | "integer" as kind, [one, other]):
            return _RANGES[kind](one, other)
        case ("choice", list() as options):
            return Choice(tuple(options))
        case ("choice", Mapping() as options):
            return Choice(tuple(map(from_written, options.values())), tuple(options))
        case ("simplex", names):
            return Simplex(() if names == "all" else tuple(names))
    return {key: from_written(item) for key, item in written.items()}


_RANGES: dict[str, Any] = {"uniform": Uniform, "log_uniform": LogUniform, "log_normal": LogNormal, "integer": Integer}


def _word(option: Any) -> str:
    return str(option).lower() if isinstance(option, bool) else str(option)


def join_path(path: str, step: str) -> str:
    """Return the dotted path of what is one step below a path."""
    return f"{path}.{step}" if path else step


def values(leaf: Any) -> tuple[Any, ...]:
    """Return what a leaf may be: the options of a choice, or the leaf alone; a range is one value."""
    return tuple(value for option in leaf.options for value in values(option)) if isinstance(leaf, Choice) else (leaf,)


def largest(leaf: Any) -> Any:
    """Return the largest number that a leaf may take: a number, a range or a choice of them."""
    return max(one.high if isinstance(one, RANGES) else one for one in values(leaf))


def smallest(leaf: Any) -> Any:
    """Return the smallest number that a leaf may take."""
    return min(one.low if isinstance(one, RANGES) else one for one in values(leaf))
