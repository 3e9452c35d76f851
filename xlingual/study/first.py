"""The first trial of an arm's searches: the published recipe, that of another arm, or the middle of the space.

An arm's `first` writes it under the arm's own keys, and may leave out what it leaves to the default:

    first: {training: {learning_rate: 3.0e-5}, mixture: {weights: {de: 0.5, es: 0.5}}}

Of a choice with labels it names one, `robust: noisy`, or one with values for what only that option has,
`robust: {noisy: {embedding_noise: {magnitude: 0.1}}}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from xlingual.study.arms import Weights
from xlingual.study.configuration import arm_space
from xlingual.study.document import Path
from xlingual.study.legality import OutsideSpace, Recorded, locate
from xlingual.study.messages import USER_ERROR, did_you_mean, shown
from xlingual.study.neutral import ABSENT, default_values
from xlingual.study.schema import Study
from xlingual.study.space import RANGES, Integer, Node, Simplex, draw, in_words, is_searched, labelled_options, nodes

_WEIGHTS: TypeAdapter[dict[str, float]] = TypeAdapter(Weights)
_DIGITS = 10
"""Of a weight as a study file would write it."""


class InvalidFirst(Exception):
    """An impossible first configuration: each fault's path below `first`, and what to write instead."""

    def __init__(self, faults: Sequence[tuple[Path, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(message for _, message in faults))


def first_values(study: Study, arm: str) -> dict[str, Any] | None:
    """Return the values, by parameter name, of the trial that each search of an arm begins with.

    It is what the arm's `first` says. What that leaves out is as in the first trial of the arm that this one is
    compared with (`against`, else the baseline) where both have one model and the space has it, and else
    `default_values`. None where the first trial is drawn as all others are: with the sampler or the startup random,
    unless one of these arms says a `first`.
    """
    centred = study.search.sampler == "tpe" and study.search.startup == "centred"
    said = any(study.arms[name].first is not None for name in _line(study, arm))
    return _values(study, arm) if centred or said else None


def first_written(study: Study, arm: str) -> dict[str, Any] | None:
    """Return the first trial of an arm as a study file would write it, whole."""
    values = first_values(study, arm)
    if values is None:
        return None
    written = _written(arm_space(study, arm), values)
    return {} if written is ABSENT else dict(written)


def first_shown(study: Study, arm: str) -> dict[str, Any]:
    """Return the first trial of an arm by the parameters that it has: values, weights by name; empty without one."""
    values, found = first_values(study, arm) or {}, {}
    for name, node in nodes(arm_space(study, arm)):
        if isinstance(node, Simplex) and f"{name}.0" in values:
            found[name] = draw(node, Recorded(values), name)
        elif name in values:
            found[name] = values[name]
    return found


def given_values(space: Mapping[str, Any], first: Any) -> dict[str, Any]:
    """Return the values, by parameter name, of a `first`.

    Args:
        space: the arm's tree.
        first: as the study file writes it.

    Raises:
        InvalidFirst: when it names what the arm does not search, or a value that is not in its space.
    """
    return _Given(space).values(space, first, "", ())


def _line(study: Study, arm: str) -> list[str]:
    """An arm, the one that it is compared with, and so on, while their model is the same."""
    found = [arm]
    while True:
        against = study.arms[found[-1]].against or study.baseline
        if against in found or _model(study, against) != _model(study, arm):
            return found
        found.append(against)


def _model(study: Study, arm: str) -> str:
    return study.arms[arm].model or study.model


def _values(study: Study, arm: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    like: Any = ABSENT
    for name in reversed(_line(study, arm)):
        space = arm_space(study, name)
        values = default_values(space, given_values(space, study.arms[name].first or {}), like)
        like = draw(space, Recorded(values))
    return values


class _Given:
    """Reads a `first` against a space.

    Args:
        space: the whole tree.
    """

    def __init__(self, space: Mapping[str, Any]) -> None:
        self._searched = sorted({name for name, _ in nodes(space)})

    def values(self, space: Any, written: Any, name: str, path: Path) -> dict[str, Any]:
        """Values of what is written at a path below `first`."""
        if isinstance(space, Mapping):
            return self._branch(space, written, name, path)
        if (options := labelled_options(space)) is not None:
            return self._labelled(options, written, name, path)
        try:
            return locate(space, _plain(space, written), {}, name)
        except OutsideSpace:
            raise InvalidFirst([(path, _outside(space, written, str(path[-1])))]) from None
        except ValidationError as error:
            raise InvalidFirst([(path, message) for message in _messages(error)]) from None

    def _branch(self, space: Mapping[str, Any], written: Any, name: str, path: Path) -> dict[str, Any]:
        searched = [key for key, inner in space.items() if is_searched(inner)]
        if not isinstance(written, Mapping):
            raise InvalidFirst([(path, f"takes a mapping with the keys {', '.join(searched)}, found {shown(written)}")])
        values: dict[str, Any] = {}
        faults: list[tuple[Path, str]] = []
        for key, value in written.items():
            if key not in searched:
                faults.append(((*path, key), self._not_searched(space, key, searched)))
                continue
            try:
                values |= self.values(space[key], value, f"{name}.{key}" if name else key, (*path, key))
            except InvalidFirst as invalid:
                faults += invalid.faults
        if faults:
            raise InvalidFirst(faults)
        return values

    def _not_searched(self, space: Mapping[str, Any], key: str, searched: list[str]) -> str:
        if not self._searched:
            return "nothing is searched in this arm, so it has one configuration; delete first"
        if key in space:
            return f"{key} is not searched in this arm; delete this line. Searched are {', '.join(self._searched)}"
        return f"unknown key {key!r}; {did_you_mean(key, searched, 'searched are ' + ', '.join(self._searched))}"

    def _labelled(self, options: Mapping[str, Any], written: Any, name: str, path: Path) -> dict[str, Any]:
        label = next(iter(written), None) if isinstance(written, Mapping) and len(written) == 1 else written
        label = json.dumps(label) if isinstance(label, int | float) else label  # the label 1 is text
        if not isinstance(label, str) or label not in options:
            raise InvalidFirst([(path, _no_label(options, written, label, str(path[-1])))])
        values = {name: label}
        if isinstance(written, Mapping):
            if not is_searched(options[label]):
                raise InvalidFirst([((*path, label), f"nothing is searched in {label}; write {path[-1]}: {label}")])
            values |= self.values(options[label], written[label], f"{name}.{label}", (*path, label))
        return values


def _no_label(options: Mapping[str, Any], written: Any, label: Any, key: str) -> str:
    """Say that no option has this label, and what to write."""
    inner = next((one for one, option in options.items() if is_searched(option)), None)
    remedy = f"write {key}: {next(iter(options))}"
    if inner is not None:
        remedy += f", or {key}: {{{inner}: {{...}}}} with values for what only {inner} has"
    near = did_you_mean(label, tuple(options), remedy) if isinstance(label, str) else remedy
    return f"takes one of the labels {', '.join(options)}, found {shown(written)}; {near}"


def _plain(node: Any, written: Any) -> Any:
    """The value; weights with two-letter language codes."""
    return _WEIGHTS.validate_python(written) if isinstance(node, Simplex) and isinstance(written, Mapping) else written


def _outside(node: Node, written: Any, key: str) -> str:
    """Say that a value is outside a node's range, and what to write."""
    example = default_values(node).get("")
    if isinstance(node, RANGES):
        what = "a whole number" if isinstance(node, Integer) else "a number"
        limits = f"{what} from {node.low:g} to {node.high:g}"
        return f"must be {limits}, as the arm searches it, found {shown(written)}; write for example {key}: {example:g}"
    if isinstance(node, Simplex):
        some = ", ".join(f"{name}: {1 / len(node.names[:2]):g}" for name in node.names[:2])
        return f"must be {in_words(node)}, found {shown(written)}; write for example {key}: {{{some}}}"
    return f"must be {in_words(node)}, found {shown(written)}"


def _messages(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        where = f"{'.'.join(map(str, item['loc']))}: " if item["loc"] else ""
        other = f"must be a number from 0 to 1, found {shown(item['input'])}"
        yield where + (item["msg"] if item["type"] == USER_ERROR else other)


def _written(space: Any, values: Mapping[str, Any], path: str = "") -> Any:
    """What is searched, as a `first` writes it; ABSENT where nothing is."""
    if isinstance(space, Mapping):
        parts = {key: _written(inner, values, f"{path}.{key}" if path else key) for key, inner in space.items()}
        return {key: part for key, part in parts.items() if part is not ABSENT} or ABSENT
    if (options := labelled_options(space)) is not None:
        label = values[path]
        inner = _written(options[label], values, f"{path}.{label}")
        return label if inner is ABSENT else {label: inner}
    if isinstance(space, Simplex):
        weights = draw(space, Recorded(values), path)
        return {name: round(weight, _DIGITS) for name, weight in weights.items()} if len(weights) > 1 else ABSENT
    return values.get(path, ABSENT)
