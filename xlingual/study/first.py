"""An arm's first trial: the published recipe, or else the middle of its space with the treatment at its mildest."""

from __future__ import annotations

import math
from typing import Any

from xlingual.study.simplex import to_unit_cube
from xlingual.study.space import Choice, Integer, LogUniform, Simplex, Uniform

TREATMENT = ("mixture", "robust")
"""Sections of an arm that hold its treatment."""

MILD_LOW = (
    "faq_share", "bitext_share", "weight", "magnitude", "samples", "steps", "step_size", "radius", "start", "rate",
    "checkpoints", "decay",
)  # fmt: skip
"""Keys of a treatment that change less the lower they are."""

MILD_HIGH = ("alpha",)
"""Keys of a treatment that change less the higher they are: a large alpha keeps to the likeliest segmentation."""


def middle(node: Uniform | LogUniform | Integer) -> float | int:
    """Return the middle of a range, in the scale that it is drawn in; of two middle whole numbers the lower."""
    if isinstance(node, LogUniform):
        return min(node.high, max(node.low, math.sqrt(node.low) * math.sqrt(node.high)))
    if isinstance(node, Integer):
        return (node.low + node.high) // 2
    return node.low + (node.high - node.low) / 2


def default_values(space: Any, path: str = "") -> dict[str, Any]:
    """Return the values, by parameter name, of a space's neutral configuration.

    Ranges take their middle, a simplex equal weights, a choice its first option. A key that says how strong the
    treatment is (`MILD_LOW`, `MILD_HIGH`) takes its mildest value.
    """
    if isinstance(space, dict):
        return {name: value for key in space for name, value in default_values(space[key], _join(path, key)).items()}
    if isinstance(space, Simplex):
        units = to_unit_cube([1 / len(space.names)] * len(space.names))
        return {_join(path, str(position)): unit for position, unit in enumerate(units)}
    if isinstance(space, Choice) and space.labels is not None:
        label = space.labels[0]
        return {path: label, **default_values(space.options[0], _join(path, label))}
    if isinstance(space, Choice):
        return {path: _mildest_option(space, path)}
    if isinstance(space, (Uniform, LogUniform, Integer)):
        side = _mild_side(path)
        return {path: middle(space) if side == 0 else space.low if side < 0 else space.high}
    return {}


def _mildest_option(choice: Choice, path: str) -> Any:
    side = _mild_side(path)
    numbers = [one for one in choice.options if isinstance(one, int | float) and not isinstance(one, bool)]
    if side == 0 or not numbers:
        return choice.options[0]
    return min(numbers) if side < 0 else max(numbers)


def _mild_side(path: str) -> int:
    """-1 where the lowest value of a parameter is the mildest, 1 where the highest is, 0 where none is."""
    section, key = path.partition(".")[0], path.rpartition(".")[2]
    if section not in TREATMENT:
        return 0
    return -1 if key in MILD_LOW else 1 if key in MILD_HIGH else 0


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
