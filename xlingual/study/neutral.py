"""The neutral configuration of a search space: the middle of its ranges, with the treatment at its mildest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from xlingual.study.legality import Illegal, locate
from xlingual.study.simplex import to_unit_cube
from xlingual.study.space import NODES, Choice, Integer, LogNormal, LogUniform, Node, Simplex, Uniform

ABSENT: Any = object()
"""A key that another arm does not have; not the same as null."""

TREATMENT = ("mixture", "robust")
"""Sections of an arm that hold its treatment."""

MILD_LOW = (
    "faq_share", "bitext_share", "weight", "magnitude", "samples", "steps", "step_size", "radius", "start", "rate",
    "checkpoints", "decay",
)  # fmt: skip
"""Keys of a treatment that change less the lower they are."""

MILD_HIGH = ("alpha",)
"""Keys of a treatment that change less the higher they are: a large alpha keeps to the likeliest segmentation."""


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
    space: Any, known: Mapping[str, Any] | None = None, like: Any = ABSENT, path: str = ""
) -> dict[str, Any]:
    """Return the values, by parameter name, of a space's neutral configuration.

    Ranges take their middle, a simplex equal weights, a choice its first option. A key that says how strong the
    treatment is (`MILD_LOW`, `MILD_HIGH`) takes its mildest value.

    Args:
        space: the tree.
        known: values that are decided already, by parameter name.
        like: a plain tree, of another arm, whose values are taken where the space has them.
        path: of `space`, dotted.
    """
    known = known or {}
    if isinstance(space, Mapping):
        within = {key: like.get(key, ABSENT) if isinstance(like, Mapping) else ABSENT for key in space}
        parts = [default_values(space[key], known, within[key], _join(path, key)) for key in space]
        return {name: value for part in parts for name, value in part.items()}
    if isinstance(space, Choice) and space.labels is not None:
        label = known.get(path, _like(space, like, path).get(path, space.labels[0]))
        option = space.options[space.labels.index(label)]
        return {path: label, **default_values(option, known, like, _join(path, label))}
    if isinstance(space, NODES):
        found = {**_neutral(space, path), **_like(space, like, path)}
        return {name: known.get(name, value) for name, value in found.items()}
    return {}


def _like(space: Any, like: Any, path: str) -> dict[str, Any]:
    """The values under which a space gives what another arm has; none where it cannot."""
    try:
        return {} if like is ABSENT else locate(space, like, {}, path)
    except Illegal:
        return {}


def _neutral(node: Node, path: str) -> dict[str, Any]:
    if isinstance(node, Simplex):
        units = to_unit_cube([1 / len(node.names)] * len(node.names))
        return {_join(path, str(position)): unit for position, unit in enumerate(units)}
    if isinstance(node, Choice):
        return {path: _mildest_option(node, path)}
    side = _mild_side(path)
    return {path: middle(node) if side == 0 else node.low if side < 0 else node.high}


def _mildest_option(choice: Choice, path: str) -> Any:
    side = _mild_side(path)
    numbers = [one for one in choice.options if isinstance(one, int | float) and not isinstance(one, bool)]
    if side == 0 or not numbers:
        return choice.options[0]
    return min(numbers) if side < 0 else max(numbers)


def _mild_side(path: str) -> int:
    """-1 where the lowest value of a parameter is the mildest, 1 where the highest is, 0 where none is."""
    section, *keys = path.split(".")  # labels of options among them
    if section not in TREATMENT:
        return 0
    return -1 if any(key in MILD_LOW for key in keys) else 1 if any(key in MILD_HIGH for key in keys) else 0


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
