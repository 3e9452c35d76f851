"""The uniform distribution on the simplex as a map from the unit cube (stick breaking)."""

from __future__ import annotations

from collections.abc import Sequence


def from_unit_cube(units: Sequence[float]) -> tuple[float, ...]:
    """Map n-1 numbers of [0, 1] to n weights that sum to one.

    Numbers that are uniform and independent give weights that are uniform on the simplex, Dirichlet(1, ..., 1): the
    share v_i that the i-th piece takes of what is left of the stick is Beta(1, n-1-i), so
    v_i = 1 - (1 - u_i)^(1/(n-1-i)) (Devroye 1986, Non-Uniform Random Variate Generation, chapter XI).
    """
    weights, left = [], 1.0
    for position, unit in enumerate(units):
        kept = (1.0 - unit) ** (1.0 / (len(units) - position))
        weights.append(left * (1.0 - kept))
        left *= kept
    return (*weights, left)


def to_unit_cube(weights: Sequence[float]) -> tuple[float, ...]:
    """Return the n-1 numbers that from_unit_cube maps to these n weights.

    Where nothing is left of the stick any number would do; it is 0.
    """
    units = []
    for position in range(len(weights) - 1):
        left = sum(weights[position:])
        kept = sum(weights[position + 1 :]) / left if left > 0 else 1.0
        units.append(1.0 - kept ** (len(weights) - 1 - position))
    return tuple(units)
