"""Whether a trial's configuration could be drawn from another search space, and with which values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.study.simplex import from_unit_cube, to_unit_cube
from xlingual.study.space import (
    NODES,
    Integer,
    LogNormal,
    LogUniform,
    Simplex,
    Uniform,
    as_written,
    draw,
    from_written,
    join_path,
    labelled_options,
    values,
)

GUARDS = ("max_repeats", "repeated")
"""Keys of a mixture that bound what may be drawn, without influence on the results of a trial."""


class OutsideSpace(Exception):
    """A configuration is not in a space; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers `draw` with recorded values."""

    values: Mapping[str, Any]

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return the recorded number."""
        return float(self.values[name])

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return the recorded whole number."""
        return int(self.values[name])

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return the recorded option."""
        return self.values[name]


def redrawn(before: Any, now: Any, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values under which the space `now` gives the configuration that `before` gave under `recorded`.

    Both spaces are in the form of `as_written`.

    Raises:
        OutsideSpace: when no values of the space `now` do.
    """
    return locate(from_written(now), draw(from_written(before), Recorded(recorded)), recorded)


def locate(space: Any, drawn: Any, hints: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return the values under which a space (of nodes) gives a configuration.

    Args:
        space: the tree that is drawn from.
        drawn: a tree of plain values.
        hints: values under another space; preferred where several would do, or against rounding errors.
        path: of `space`, dotted.

    Raises:
        OutsideSpace: when no values do.
    """
    match space:
        case Uniform() | LogUniform() | LogNormal():
            return {path: float(_within(space.low, space.high, drawn, path))}
        case Integer(low, high):
            return {path: _whole(_within(low, high, drawn, path), path)}
        case Simplex(names):
            return _weights(names, drawn, hints, path)
        case Mapping():
            return _branches(space, drawn, hints, path)
    if (labelled := labelled_options(space)) is not None:
        return _labelled(labelled, drawn, hints, path)
    if isinstance(space, NODES):  # a choice
        return {path: _option(values(space), drawn, path)}
    if not _same(space, drawn):
        raise OutsideSpace(f"{path} was {_shown(drawn)}, is now {_shown(space)}")
    return {}


def _within(low: float, high: float, drawn: Any, path: str) -> Any:
    if isinstance(drawn, bool) or not isinstance(drawn, int | float) or math.isnan(drawn):
        raise OutsideSpace(f"{path} was {_shown(drawn)}, is now searched from {_shown(low)} to {_shown(high)}")
    if drawn < low:
        raise OutsideSpace(f"{path} {_beside(drawn, low)} is below {_beside(low, drawn, 6)}")
    if drawn > high:
        raise OutsideSpace(f"{path} {_beside(drawn, high)} is above {_beside(high, drawn, 6)}")
    return drawn


def _whole(drawn: float, path: str) -> int:
    if drawn != int(drawn):
        raise OutsideSpace(f"{path} {_shown(drawn)} is not a whole number")
    return int(drawn)


def _option(options: Sequence[Any], drawn: Any, path: str) -> Any:
    for option in options:
        if _same(option, drawn):
            return option
    raise OutsideSpace(f"{path} {_shown(drawn)} is none of {', '.join(map(_shown, options))}")


def _labelled(options: Mapping[str, Any], drawn: Any, hints: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The recorded label if it still fits, else the first that does."""
    label = hints.get(path)
    reasons: dict[str, str] = {}
    for name in sorted(options, key=lambda name: name != label):
        try:
            return {path: name, **locate(options[name], drawn, hints, join_path(path, name))}
        except OutsideSpace as outside:
            reasons[name] = str(outside)
    if label in reasons:
        raise OutsideSpace(reasons[str(label)])
    raise OutsideSpace(f"{path} {label if isinstance(label, str) else 'as it was'} is none of {', '.join(options)}")


def _weights(names: tuple[str, ...], drawn: Any, hints: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Coordinates of weights; a name that had no weight had the weight 0."""
    if not isinstance(drawn, Mapping) or not all(isinstance(weight, int | float) for weight in drawn.values()):
        raise OutsideSpace(f"{path} was {_shown(drawn)}, is now weights of {', '.join(names)}")
    extra = [name for name, weight in drawn.items() if weight > 0 and name not in names]
    if extra:
        raise OutsideSpace(f"{path} had a weight of {', '.join(extra)}, is now drawn over {', '.join(names)}")
    weights = tuple(float(drawn.get(name, 0.0)) for name in names)
    keys = [join_path(path, str(position)) for position in range(len(names) - 1)]
    known = [hints.get(key) for key in keys]
    if all(isinstance(unit, float) for unit in known) and from_unit_cube(known) == weights:  # type: ignore[arg-type]
        return dict(zip(keys, known, strict=True))
    return dict(zip(keys, (min(1.0, max(0.0, unit)) for unit in to_unit_cube(weights)), strict=True))


def _branches(space: Mapping[str, Any], drawn: Any, hints: Mapping[str, Any], path: str) -> dict[str, Any]:
    if not isinstance(drawn, Mapping):
        raise OutsideSpace(f"{path} was {_shown(drawn)}, is now {_shown(space)}")
    found: dict[str, Any] = {}
    for key in dict.fromkeys((*space, *drawn)):
        if key not in GUARDS:
            found |= locate(space.get(key), drawn.get(key), hints, join_path(path, key))
    return found


def _same(one: Any, other: Any) -> bool:
    """Whether two plain values are equal; a missing one is None."""
    return bool(as_written(one) == as_written(other)) and isinstance(one, bool) == isinstance(other, bool)


def _beside(value: float, other: float, digits: int = 4) -> str:
    """A number in a few digits, or as many as distinguish it from another."""
    return f"{value:.{digits}g}" if f"{value:.{digits}g}" != f"{other:.{digits}g}" else _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    if isinstance(value, Mapping):
        return "given"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) and float(f"{value:.6g}") == value else str(value)
