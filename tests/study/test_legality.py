"""Values drawn from one space, checked in another: legal values stay legal when a space grows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.study import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform, draw
from xlingual.study.legality import OutsideSpace, Recorded, locate, redrawn
from xlingual.study.space import as_written, from_written

NUMBERS = st.floats(1e-6, 1e6)
LANGUAGES = ("de", "el", "es", "ru", "zh")


def ranges(kind: Any, ends: Any) -> Any:
    return st.lists(ends, min_size=2, max_size=2, unique=True).map(lambda pair: kind(*sorted(pair)))


NODES = st.one_of(
    ranges(Uniform, NUMBERS),
    ranges(LogUniform, NUMBERS),
    st.builds(LogNormal, NUMBERS, st.floats(1.01, 100.0)),
    ranges(Integer, st.integers(-1000, 1000)),
    st.lists(st.one_of(st.integers(), st.text(max_size=3)), min_size=2, max_size=4, unique=True).map(
        lambda options: Choice(tuple(options))
    ),
    st.lists(st.sampled_from(LANGUAGES), min_size=1, unique=True).map(lambda names: Simplex(tuple(names))),
)
LEAVES = st.one_of(NODES, st.none(), st.booleans(), st.integers(), NUMBERS, st.text(max_size=3))
KEYS = st.sampled_from(["magnitude", "place", "rate", "steps"])


def branches(inner: Any) -> Any:
    labelled = st.dictionaries(st.sampled_from(["low", "high", "none"]), inner, min_size=2, max_size=3).map(
        lambda options: Choice(tuple(options.values()), tuple(options))
    )
    return st.one_of(st.dictionaries(KEYS, inner, min_size=1, max_size=3), labelled)


SPACES = st.recursive(LEAVES, branches, max_leaves=8).map(lambda space: {"training": space})


class Drawn:
    """Answers `draw` with hypothesis, and records the values."""

    def __init__(self, data: st.DataObject) -> None:
        self.data, self.values = data, {}

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return self._keep(name, st.floats(low, high))

    def suggest_int(self, name: str, low: int, high: int) -> int:
        return self._keep(name, st.integers(low, high))

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        return self._keep(name, st.sampled_from(choices))

    def _keep(self, name: str, values: Any) -> Any:
        self.values[name] = self.data.draw(values)
        return self.values[name]


def wider(space: Any, data: st.DataObject) -> Any:
    """A space that includes another."""
    match space:
        case Uniform(low, high) | LogUniform(low, high):
            kind = data.draw(st.sampled_from([Uniform, LogUniform]))
            return kind(low / data.draw(st.floats(1, 10)), high * data.draw(st.floats(1, 10)))
        case LogNormal(median, factor):
            return LogNormal(median, factor * data.draw(st.floats(1, 10)))
        case Integer(low, high):
            return Integer(low - data.draw(st.integers(0, 9)), high + data.draw(st.integers(0, 9)))
        case Choice(options, None):
            return Choice((*data.draw(st.permutations(options)), "more"))
        case Choice(options, tuple() as labels):
            return Choice((*(wider(option, data) for option in options), "more"), (*labels, "more"))
        case dict():
            return {key: wider(value, data) for key, value in space.items()}
        case str() | float():
            return Choice((space, "more")) if space != "more" and data.draw(st.booleans()) else space
    return space


@given(SPACES)
def test_a_space_is_read_back_as_it_was_written(space: Any) -> None:
    assert from_written(json.loads(json.dumps(as_written(space)))) == space


@given(SPACES, st.data())
def test_what_is_drawn_from_a_space_is_legal_in_it_under_the_very_values(space: Any, data: st.DataObject) -> None:
    drawn = Drawn(data)
    tree = draw(space, drawn)
    assert locate(space, tree, drawn.values) == drawn.values


@given(SPACES, st.data())
def test_what_is_legal_stays_legal_and_the_same_in_a_wider_space(space: Any, data: st.DataObject) -> None:
    drawn, grown = Drawn(data), wider(space, data)
    tree = draw(space, drawn)
    assert draw(grown, Recorded(locate(grown, tree, drawn.values))) == tree


@given(SPACES, st.data())
def test_in_a_narrower_space_all_is_drawn_as_it_was_or_refused(space: Any, data: st.DataObject) -> None:
    grown = wider(space, data)
    drawn = Drawn(data)
    tree = draw(grown, drawn)
    try:
        values = locate(space, tree, drawn.values)
    except OutsideSpace as illegal:
        assert str(illegal).startswith("training")
    else:
        assert draw(space, Recorded(values)) == tree


LOW = {"magnitude": LogUniform(0.01, 0.1)}
HIGH = {"magnitude": LogUniform(0.05, 1.0)}


@pytest.mark.parametrize(
    ("before", "values", "now", "found"),
    [
        (LogUniform(1e-5, 1e-2), {"": 1e-3}, LogUniform(1e-3, 1e-2), {"": 1e-3}),
        (LogUniform(1e-5, 1e-2), {"": 1e-2}, LogUniform(1e-5, 3e-3), " 0.01 is above 0.003"),
        (LogUniform(1e-5, 1e-2), {"": 1e-5}, Uniform(1e-4, 1e-2), " 1e-05 is below 0.0001"),
        (Uniform(0.1, 0.3), {"": 0.30000000000000004}, Uniform(0.1, 0.3), " 0.30000000000000004 is above 0.3"),
        (LogUniform(1e-5, 1e-2), {"": 1e-4}, LogNormal(1e-4, 2.0), {"": 1e-4}),
        (LogUniform(1e-5, 1e-2), {"": 1e-3}, LogNormal(1e-4, 2.0), " 0.001 is above 0.0008"),
        (LogUniform(1e-5, 1e-2), {"": 1e-3}, LogNormal(3e-4, 1.2), " 0.001 is above 0.0005184"),
        (LogNormal(1e-4, 2.0), {"": 1.25e-5}, LogUniform(1e-5, 1e-4), {"": 1.25e-5}),
        (LogNormal(1e-4, 2.0), {"": 1e-3}, LogNormal(2e-4, 3.0), {"": 1e-3}),
        (1e-3, {}, LogUniform(1e-4, 1e-2), {"": 1e-3}),
        (Uniform(0.0, 1.0), {"": 0.25}, 0.25, {}),
        (Uniform(0.0, 1.0), {"": 0.25}, 0.5, " was 0.25, is now 0.5"),
        (None, {}, Uniform(0.0, 1.0), " was absent, is now searched from 0 to 1"),
        (Choice((8, 16)), {"": 16}, Choice((32, 16, 64)), {"": 16}),
        (Choice((8, 16)), {"": 16}, Choice((8, 32)), " 16 is none of 8, 32"),
        (Choice((8, 16)), {"": 16}, Integer(4, 20), {"": 16}),
        (Uniform(1.0, 3.0), {"": 2.5}, Integer(1, 3), " 2.5 is not a whole number"),
        (True, {}, Choice((1, 2)), " true is none of 1, 2"),
        (Simplex(("de", "es")), {"0": 0.25}, Simplex(("de", "es")), {"0": 0.25}),
        (Simplex(("de", "es")), {"0": 0.25}, Simplex(("es", "de")), {"0": 0.75}),
        (Simplex(("de", "es")), {"0": 0.25}, Simplex(("de", "ru")), " had a weight of es, is now drawn over de, ru"),
        (Simplex(("de", "es")), {"0": 0.25}, None, " was given, is now absent"),
        ({"de": "some", "es": {"rate": 1}}, {}, Simplex(("de", "es")), " was given, is now weights of de, es"),
        (Choice((None, LOW), ("no", "yes")), {"": "no"}, None, {}),
        (Choice((None, LOW), ("no", "yes")), {"": "no"}, LOW, " was absent, is now given"),
        (LOW, {"magnitude": 0.1}, Choice((None, HIGH), ("no", "yes")), {"": "yes", "yes.magnitude": 0.1}),
        (LOW, {"magnitude": 0.02}, Choice((None, HIGH), ("no", "yes")), " as it was is none of no, yes"),
        (
            Choice((LOW, HIGH), ("low", "high")),
            {"": "high", "high.magnitude": 0.07},
            Choice((LOW, HIGH), ("low", "high")),
            {"": "high", "high.magnitude": 0.07},
        ),
        (
            Choice((LOW, HIGH), ("low", "high")),
            {"": "high", "high.magnitude": 0.5},
            Choice((LOW, LOW), ("low", "high")),
            "high.magnitude 0.5 is above 0.1",
        ),
        (
            Choice((None, HIGH), ("no", "high")),
            {"": "high", "high.magnitude": 0.5},
            Choice((None, LOW), ("no", "low")),
            " high is none of no, low",
        ),
        ({"weights": 1.0, "max_repeats": 4}, {}, {"weights": 1.0, "max_repeats": 9, "repeated": ["de"]}, {}),
        ({"rate": 0.1}, {}, {"rate": 0.1, "steps": None}, {}),
        ({"rate": 0.1, "steps": 2}, {}, {"rate": 0.1}, "steps was 2, is now absent"),
    ],
)
def test_every_kind_of_change(before: Any, values: dict[str, Any], now: Any, found: Any) -> None:
    if isinstance(found, str):
        with pytest.raises(OutsideSpace) as illegal:
            redrawn(as_written(before), as_written(now), values)
        assert str(illegal.value) == found
    else:
        assert redrawn(as_written(before), as_written(now), values) == pytest.approx(found)
