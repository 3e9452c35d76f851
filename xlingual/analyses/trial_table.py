"""The trials of an arm as a table: a column a searched parameter, the weights of a mixture as they were used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from xlingual.records.state import StudyState, TrialState
from xlingual.study.changes import drawn
from xlingual.study.simplex import from_unit_cube
from xlingual.study.space import Choice, Integer, LogNormal, LogUniform, Node, Simplex, from_written, join_path, nodes

Value: TypeAlias = float | str
"""A number, or an option of a choice in words."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One searched parameter.

    Attributes:
        name: its path; of the weight of a language "mixture.weights.de".
        low: end of its range; None of a choice.
        high: the other end.
        log: whether its range is logarithmic.
        whole: whether it is a whole number.
        options: of a choice, in words; empty of a number.
    """

    name: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One trial: `values` by axis, without those that its other choices switch off; objective in percent."""

    search: int
    number: int
    state: str
    objective: float | None
    values: Mapping[str, Value]

    @property
    def full(self) -> bool:
        """Whether it was trained to its last update: the objectives of other trials are of less training."""
        return self.state == "finished" and self.objective is not None


@dataclass(frozen=True, slots=True)
class TrialTable:
    """Trials of all searches of an arm, by search and number."""

    arm: str
    axes: tuple[Axis, ...]
    rows: tuple[TrialRow, ...]

    @property
    def full(self) -> tuple[TrialRow, ...]:
        """Trials that were trained to their last update."""
        return tuple(row for row in self.rows if row.full)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def trial_table(state: StudyState, arm: str, *, unended: bool = False) -> TrialTable:
    """The ended trials of one arm, and with `unended` all; an axis that no trial has a value on is left out."""
    tree = from_written(drawn(state.study["arms"][arm]))
    searched = list(nodes(tree))
    rows = tuple(_row(trial, searched) for trial in state.arm_trials(arm) if unended or not trial.unfinished)
    held = {name for row in rows for name in row.values}
    axes = (axis for name, node in searched for axis in _axes(name, node))
    return TrialTable(arm, tuple(axis for axis in axes if axis.name in held), rows)


def trial_tables(state: StudyState) -> tuple[TrialTable, ...]:
    """The trials of every arm that searches anything."""
    tables = (trial_table(state, arm) for arm in state.arms)
    return tuple(table for table in tables if table.axes)


def _row(trial: TrialState, searched: list[tuple[str, Node]]) -> TrialRow:
    values = {key: value for name, node in searched for key, value in _values(name, node, trial.values)}
    return TrialRow(trial.search, trial.number, trial.state, trial.objective, values)


def _values(name: str, node: Node, drawn_values: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    if isinstance(node, Simplex):
        units = [drawn_values.get(join_path(name, str(place))) for place in range(len(node.names) - 1)]
        if units and all(unit is not None for unit in units):
            weights = from_unit_cube([float(unit) for unit in units if unit is not None])
            yield from ((join_path(name, item), weight) for item, weight in zip(node.names, weights, strict=True))
    elif name in drawn_values:
        yield name, _word(drawn_values[name]) if isinstance(node, Choice) else float(drawn_values[name])


def _axes(name: str, node: Node) -> Iterator[Axis]:
    if isinstance(node, Simplex):
        yield from (Axis(join_path(name, item), 0.0, 1.0) for item in node.names)
    elif isinstance(node, Choice):
        yield Axis(name, options=tuple(node.labels or map(_word, node.options)))
    else:
        log, whole = isinstance(node, (LogUniform, LogNormal)), isinstance(node, Integer)
        yield Axis(name, float(node.low), float(node.high), log, whole)


def _word(option: Any) -> str:
    return str(option).lower() if isinstance(option, bool) else str(option)
