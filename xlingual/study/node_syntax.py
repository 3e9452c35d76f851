"""Read search-space nodes as a study file writes them, each checked by the leaf it replaces."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError

from xlingual.study.leaves import LANGUAGES
from xlingual.study.messages import Path, did_you_mean, relocated, shown, user_errors
from xlingual.study.space import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform

KEYS = ("uniform", "log_uniform", "log_normal", "integer", "choice", "simplex")
MOST_FACTOR = 1000
"""Largest factor of a log-normal number; a larger one would carry no information."""
_LABEL = re.compile(r"[A-Za-z0-9_-]+")
_Check: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class LeafKind:
    """Which nodes fit a kind of leaf; `is_mapping` where the leaf itself is written as a mapping."""

    keys: tuple[str, ...]
    remedy: str
    is_mapping: bool = False


NUMBER = LeafKind(
    ("uniform", "log_uniform", "log_normal", "choice"),
    "uniform: [low, high], log_uniform: [low, high], log_normal: [median, factor] or choice: [a, b]",
)
INTEGER = LeafKind(("integer", "choice"), "integer: [low, high] or choice: [a, b]")
FLAT = LeafKind(("choice",), "choice: [a, b]")
WEIGHTS = LeafKind(("simplex", "choice"), "simplex: all, simplex: [de, es] or choice: {label: ..., label: ...}", True)
CHOICE = LeafKind(("choice",), "choice: {label: ..., label: ...}", True)


def read_tunable(value: Any, check: _Check, kind: LeafKind) -> Any:
    """Return the node that a mapping writes, or else what the leaf's own check makes of the value."""
    if not isinstance(value, Mapping) or (kind.is_mapping and not _is_node(value)):
        return check(value)
    if len(value) != 1:
        found = ", ".join(value) or "none"
        raise user_errors([((), f"a search space has exactly one key, found {found}; write {kind.remedy}")])
    key, body = next(iter(value.items()))
    if key not in KEYS:
        raise user_errors([((key,), f"unknown search space {key!r}; {did_you_mean(key, kind.keys)}")])
    if key not in kind.keys:
        raise user_errors([((key,), f"a search space of the kind {key} does not fit here; write {kind.remedy}")])
    return _READERS[key](body, check, kind)


def _is_node(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in KEYS


def _ends(key: str, body: Any, check: _Check) -> tuple[Any, Any]:
    if not isinstance(body, list) or len(body) != 2:
        raise user_errors([((key,), f"takes [low, high], found {shown(body)}; write for example {key}: [1, 2]")])
    low, high = _checked([((key, end), body[end]) for end in (0, 1)], check)
    if low > high:
        raise user_errors(
            [((key,), f"the ends of the range are swapped, found {shown(body)}; write [{body[1]}, {body[0]}]")]
        )
    if low == high:
        raise user_errors([((key,), f"the range is empty, found {shown(body)}; write the value {body[0]} alone")])
    return low, high


def _uniform(body: Any, check: _Check, kind: LeafKind) -> Uniform:
    return Uniform(*_ends("uniform", body, check))


def _log_uniform(body: Any, check: _Check, kind: LeafKind) -> LogUniform:
    low, high = _ends("log_uniform", body, check)
    if low <= 0:
        remedy = f"write a low end above 0, for example {high / 100:g}, or uniform: [{low:g}, {high:g}]"
        raise user_errors([(("log_uniform", 0), f"a log_uniform range cannot begin at {low:g}; {remedy}")])
    return LogUniform(low, high)


def _log_normal(body: Any, check: _Check, kind: LeafKind) -> LogNormal:
    key = "log_normal"
    if not isinstance(body, list) or len(body) != 2:
        example = f"write for example {key}: [3.0e-5, 2]"
        raise user_errors([((key,), f"takes [median, factor], found {shown(body)}; {example}")])
    median, factor = _checked([((key, 0), body[0])], check)[0], body[1]
    if median <= 0:
        raise user_errors([((key, 0), f"a median must be above 0, found {median:g}")])
    plain = isinstance(factor, int | float) and not isinstance(factor, bool)
    if not plain or not 1 < factor <= MOST_FACTOR:
        message = f"takes [median, factor], and a factor is above 1 and at most {MOST_FACTOR}, found {shown(factor)}"
        ends = plain and factor > 0 and sorted((float(median), float(factor)))
        range_ = f", or log_uniform: [{ends[0]:g}, {ends[1]:g}] for a range" if ends and ends[0] < ends[1] else ""
        raise user_errors([((key, 1), f"{message}; write for example {key}: [{median:g}, 2]{range_}")])
    node = LogNormal(float(median), float(factor))
    if _exceeds(node, check):
        reach = f"reaches from {node.low:.3g} to {node.high:.3g}, {node.DEVIATIONS:g} standard deviations either way"
        message = f"a median of {median:g} with a factor of {factor:g} {reach}, more than this setting allows"
        raise user_errors([((key,), f"{message}; {_smaller_factor(node, check)}")])
    return node


def _exceeds(node: LogNormal, check: _Check) -> bool:
    """Whether the range includes numbers that the leaf rejects."""
    try:
        _checked([((), node.low), ((), node.high)], check)
    except ValidationError:
        return True
    return node.low <= 0


def _smaller_factor(node: LogNormal, check: _Check) -> str:
    """Suggest the largest factor, of two decimals, whose range the leaf accepts."""
    factors = range(101, math.ceil(node.factor * 100))
    fitting = bisect_left(factors, True, key=lambda factor: _exceeds(LogNormal(node.median, factor / 100), check))
    return f"write log_normal: [{node.median:g}, {factors[fitting - 1] / 100:g}]" if fitting else "write log_uniform"


def _integer(body: Any, check: _Check, kind: LeafKind) -> Integer:
    return Integer(*_ends("integer", body, check))


def _choice(body: Any, check: _Check, kind: LeafKind) -> Choice:
    if isinstance(body, list) and not kind.is_mapping:
        return _flat_choice(body, check)
    if isinstance(body, Mapping):
        return _labelled_choice(body, check, kind)
    remedy = f"write {kind.remedy}"
    raise user_errors(
        [(("choice",), f"takes options{' with labels' * kind.is_mapping}, found {shown(body)}; {remedy}")]
    )


def _flat_choice(body: list[Any], check: _Check) -> Choice:
    _check_number_of_options(len(body), f"{body[0]}" if body else "")
    nested = [position for position, option in enumerate(body) if isinstance(option, list | Mapping)]
    if nested:
        message = "an option that is not a single value needs a label; write choice: {label: ..., label: ...}"
        raise user_errors([(("choice", position), message) for position in nested])
    options = _checked([(("choice", position), option) for position, option in enumerate(body)], check)
    twice = [position for position, option in enumerate(options) if option in options[:position]]
    if twice:
        raise user_errors([(("choice", i), f"the option {shown(body[i])} is given twice; delete one") for i in twice])
    return Choice(tuple(options))


def _labelled_choice(body: Mapping[str, Any], check: _Check, kind: LeafKind) -> Choice:
    _check_number_of_options(len(body), "the option")
    odd = [label for label in body if not _LABEL.fullmatch(label)]
    if odd:
        message = "a label takes letters, digits, - and _ only, found "
        raise user_errors([(("choice", label), message + repr(label)) for label in odd])
    written: list[tuple[Path, Any]] = [(("choice", label), option) for label, option in body.items()]
    return Choice(tuple(_checked(written, lambda option: read_tunable(option, check, kind))), tuple(body))


def _check_number_of_options(number: int, only: str) -> None:
    if number < 2:
        remedy = f"write {only} without choice" if number else "list two or more"
        raise user_errors([(("choice",), f"a choice has at least two options, found {number}; {remedy}")])


def _simplex(body: Any, check: _Check, kind: LeafKind) -> Simplex:
    if body == "all":
        return Simplex(())
    if not isinstance(body, list) or not body:
        message = f"takes all or a list of language codes, found {shown(body)}; write simplex: all"
        raise user_errors([(("simplex",), message)])
    (names,) = _checked([(("simplex",), body)], lambda codes: LANGUAGES.validate_python(tuple(codes)))
    return Simplex(names)


def _checked(written: list[tuple[Path, Any]], check: _Check) -> list[Any]:
    """Check values at paths below the leaf; collect the problems of all of them."""
    values, errors = [], []
    for path, value in written:
        try:
            values.append(check(value))
        except ValidationError as error:
            errors.append((error, path))
    if errors:
        raise relocated(errors)
    return values


_READERS: dict[str, Callable[[Any, _Check, LeafKind], Any]] = {
    "uniform": _uniform,
    "log_uniform": _log_uniform,
    "log_normal": _log_normal,
    "integer": _integer,
    "choice": _choice,
    "simplex": _simplex,
}
