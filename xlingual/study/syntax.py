"""YAML text to plain values and their lines, without YAML's surprising or harmful features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from xlingual.study.document import Path
from xlingual.study.scalars import CoreLoader, ScalarError, scalar_value

_MOST_VALUES = 50_000

# A fragment of PyYAML's message, and what to write instead.
_REMEDIES = (
    ("'\\t'", "a tab cannot indent a line; write spaces"),
    ("mapping values are not allowed", "there is a second colon in one value; quote text that contains a colon"),
    ("could not find expected ':'", 'a key needs a colon and a space behind it, as in "seed: 0"'),
    ("expected <block end>", "the indentation differs from that of the lines around it; align the keys of one mapping"),
    ("expected ',' or", "a [ or { is not closed, or a comma is missing"),
    ("expected a single document", "a second document begins with ---; write one document per file"),
    ("found undefined alias", "an alias (*name) needs an anchor (&name) before it"),
    ("while scanning a quoted scalar", "a quote is not closed"),
    ("that cannot start any token", "quote text that begins with this character"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a text: its line, counted from 1, and what is wrong with it."""

    line: int
    message: str


class FaultyText(Exception):
    """A text that is not valid YAML for a study file; `faults` has every fault."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))


@dataclass(frozen=True, slots=True)
class Parsed:
    """Plain values of a text (None for an empty one), and the line of every path in it."""

    value: Any
    lines: dict[Path, int]


def parse(text: str) -> Parsed:
    """Read one YAML document; mapping keys are text as written, scalars follow YAML 1.2.

    Raises FaultyText for invalid YAML, duplicate keys, aliases to themselves and aliases that unfold into too much.
    """
    try:
        root = CoreLoader(text).get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character {chr(int(error.character))!r} is not allowed in YAML; delete it"
        raise FaultyText([Fault(line, message)]) from None
    except yaml.MarkedYAMLError as error:
        raise FaultyText([_fault(error, text)]) from None
    if root is None:
        return Parsed(None, {})
    unfolding = _Unfolding()
    value = unfolding.value(root, ())
    if unfolding.faults:
        raise FaultyText(unfolding.faults)
    return Parsed(value, unfolding.lines)


def _fault(error: yaml.MarkedYAMLError, text: str) -> Fault:
    lost_key = error.problem == "could not find expected ':'"
    mark = error.context_mark if lost_key else error.problem_mark or error.context_mark
    line = min(mark.line + 1 if mark else 1, max(1, len(text.splitlines())))
    said = " ".join(part for part in (error.context, error.problem) if part)
    remedy = next((remedy for fragment, remedy in _REMEDIES if fragment in said), "")
    start = f" (it begins on line {error.context_mark.line + 1})" if error.context_mark and error.context else ""
    return Fault(line, f"not valid YAML: {said}{start}" + (f"; {remedy}" if remedy else ""))


@dataclass
class _Unfolding:
    """Turns PyYAML's node graph into values, following aliases."""

    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    count: int = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        """Return the plain value of a node and note the lines of what is in it."""
        self.lines.setdefault(path, _line(node))
        self.count += 1
        if self.count > _MOST_VALUES:
            if self.count == _MOST_VALUES + 1:
                self.fault(node, f"more than {_MOST_VALUES:,} values; aliases (*name) unfold into too many")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            self.fault(node, "an alias (*name) refers to the value that contains it")
            return None
        self.open.add(id(node))
        value = self.mapping(node, path) if isinstance(node, yaml.MappingNode) else self.sequence(node, path)
        self.open.discard(id(node))
        return value

    def scalar(self, node: yaml.ScalarNode) -> Any:
        """Return the plain value of a scalar."""
        try:
            return scalar_value(node)
        except ScalarError as error:
            self.fault(node, str(error))
            return None

    def sequence(self, node: yaml.Node, path: Path) -> list[Any]:
        """Return the list of a sequence node."""
        self.check_tag(node, "tag:yaml.org,2002:seq")
        return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """Return the mapping of a node, its keys as text."""
        self.check_tag(node, "tag:yaml.org,2002:map")
        values: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            if key is None:
                continue
            if key in first:
                lines = f"lines {first[key]} and {_line(key_node)}"
                self.fault(key_node, f"the key {key!r} is written twice, on {lines}; delete one of them")
                continue
            first[key] = self.lines[(*path, key)] = _line(key_node)
            values[key] = self.value(value_node, (*path, key))
        return values

    def key(self, node: yaml.Node) -> str | None:
        """Return a key as text, or None where it cannot be one."""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, "a key must be one word, found a list or a mapping")
            return None
        if node.value == "<<" and node.style is None:
            self.fault(node, "merging with << is not supported; write the keys out")
            return None
        return str(node.value)

    def check_tag(self, node: yaml.Node, wanted: str) -> None:
        """Note a fault where a list or mapping carries a tag of its own."""
        if node.tag != wanted:
            self.fault(node, f"the tag {node.tag} is not allowed; leave it out")

    def fault(self, node: yaml.Node, message: str) -> None:
        """Note a fault at a node."""
        self.faults.append(Fault(_line(node), message))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
