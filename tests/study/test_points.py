from __future__ import annotations

import itertools
from typing import Any

import pytest

from xlingual.study import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform
from xlingual.study.points import count_up_to, is_finite, points

FINITE: tuple[tuple[Any, int], ...] = (
    ({}, 1),
    ({"a": 3, "b": None}, 1),
    ({"a": Choice((1, 2, 3))}, 3),
    ({"a": Choice((1, 2, 3)), "b": Integer(2, 5)}, 12),
    ({"a": Choice((None, {"x": Choice((1, 2)), "y": Integer(0, 1)}), ("off", "on")), "b": Choice((1, 2))}, 10),
    ({"a": Uniform(0.5, 0.5), "b": LogUniform(2.0, 2.0), "c": Simplex(("de",)), "d": Choice((1, 2))}, 2),
)


@pytest.mark.parametrize(("tree", "count"), FINITE)
def test_every_point_comes_once(tree: Any, count: int) -> None:
    found = list(points(tree))
    assert len(found) == count == count_up_to(tree, 100)
    for (one, _), (other, _) in itertools.combinations(found, 2):
        assert one != other


def test_a_point_has_its_values_by_the_names_of_a_draw() -> None:
    tree = {"robust": Choice((None, {"rate": Integer(1, 2)}), ("off", "on")), "size": Choice((8, 16))}
    assert [values for _, values in points(tree)] == [
        {"robust": "off", "size": 8},
        {"robust": "off", "size": 16},
        {"robust": "on", "robust.on.rate": 1, "size": 8},
        {"robust": "on", "robust.on.rate": 1, "size": 16},
        {"robust": "on", "robust.on.rate": 2, "size": 8},
        {"robust": "on", "robust.on.rate": 2, "size": 16},
    ]
    assert next(points(tree))[0] == {"robust": None, "size": 8}


@pytest.mark.parametrize(
    "tree",
    [
        {"a": Uniform(0.0, 1.0)},
        {"a": LogUniform(0.1, 1.0), "b": Choice((1, 2))},
        {"a": LogNormal(0.1, 2.0)},
        {"a": Simplex(("de", "es"))},
        {"a": Choice((None, {"b": Uniform(0.0, 1.0)}), ("off", "on"))},
    ],
)
def test_a_continuum_has_as_many_as_are_asked_for(tree: Any) -> None:
    assert not is_finite(tree)
    assert count_up_to(tree, 7) == 7


def test_a_vast_space_is_not_counted_to_its_end() -> None:
    assert count_up_to({str(n): Integer(1, 1000) for n in range(10)}, 8) == 8
