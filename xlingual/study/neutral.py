"""The neutral configuration of a search space: the middle of its ranges, with the treatment at its mildest."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from xlingual.study.arms import Arm
from xlingual.study.derived import MILDEST_HIGH, MILDEST_LOW
from xlingual.study.legality import OutsideSpace, locate
from xlingual.study.simplex import to_unit_cube
from xlingual.study.space import (
    NODES,
    RANGES,
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
from xlingual.study.spot import Spot

ABSENT: Any = object()
"""A key that another arm does not have; not the same as null."""

_ARM = Spot(Arm)


def middle(node: Uniform | LogUniform | LogNormal | Integer) -> float | int:
    """Return the middle of a range, in the scale that it is drawn in; of two middle whole numbers the lower."""
    if isinstance(node, LogNormal):
        return node.median
    if isinstance(node, LogUniform):
        return min(node.high, max(node.low, math.sqrt(node.low) * math.sqrt(node.high)))
    if isinstance(node, Integer):
        return (node.low + node.high) // 2
    return node.low + (node.high - node.low) / 2


def default_values(
    space: Any, known: Mapping[str, Any] | None = None, like: Any = ABSENT, path: str = "", spot: Spot = _ARM
) -> dict[str, Any]:
    """Return the values, by parameter name, of a space's neutral configuration.

    Ranges take their middle, a simplex equal weights, a choice its first option. A setting that decides how strong the
    treatment is (`MILDEST_LOW`, `MILDEST_HIGH`) takes its mildest value.

    Args:
        space: the tree.
        known: values that are decided already, by parameter name.
        like: a plain tree, of another arm, whose values are taken where the space has them.
        path: of `space`, dotted.
        spot: of `space` in the class of an arm.
    """
    known = known or {}
    if isinstance(space, Mapping):
        within = {key: like.get(key, ABSENT) if isinstance(like, Mapping) else ABSENT for key in space}
        parts = [default_values(space[key], known, within[key], join_path(path, key), spot.below(key)) for key in space]
        return {name: value for part in parts for name, value in part.items()}
    if (options := labelled_options(space)) is not None:
        label = known.get(path, _like(space, like, path).get(path, next(iter(options))))
        return {path: label, **default_values(options[label], known, like, join_path(path, label), spot)}
    if isinstance(space, NODES):
        found = {**_neutral(space, path, spot), **_like(space, like, path)}
        return {name: known.get(name, value) for name, value in found.items()}
    return {}


def _like(space: Any, like: Any, path: str) -> dict[str, Any]:
    """The values under which a space gives what another arm has; none where it cannot."""
    try:
        return {} if like is ABSENT else locate(space, like, {}, path)
    except OutsideSpace:
        return {}


def _neutral(node: Node, path: str, spot: Spot) -> dict[str, Any]:
    if isinstance(node, Simplex):
        units = to_unit_cube([1 / len(node.names)] * len(node.names))
        return {join_path(path, str(position)): unit for position, unit in enumerate(units)}
    if MILDEST_LOW not in spot.marks and MILDEST_HIGH not in spot.marks:
        return {path: middle(node) if isinstance(node, RANGES) else values(node)[0]}
    return {path: _mildest(node, min if MILDEST_LOW in spot.marks else max)}


def _mildest(node: Node, least: Callable[[list[float]], float]) -> Any:
    """The mildest number of a range or a choice; the first option of a choice without numbers."""
    if isinstance(node, RANGES):
        return least([node.low, node.high])
    numbers = [one for one in values(node) if isinstance(one, int | float) and not isinstance(one, bool)]
    return least(numbers) if numbers else values(node)[0]
