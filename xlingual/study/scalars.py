"""How scalars in a study file are read: the core schema of YAML 1.2.

PyYAML reads YAML 1.1, where `no` is false, `3e-4` is text, `012` is ten and `1:30` is ninety. YAML 1.2 (section 10.3.2)
has none of that, and it is what people expect who write Norwegian as `no`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

_PREFIX = "tag:yaml.org,2002:"
_NUMBER_STARTS = list("-+.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_DEEPEST = 50


class ScalarError(ValueError):
    """A scalar whose text does not fit its tag."""


class CoreLoader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's scalars; only its node graph is used."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own name)
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node; refuse nesting that no study needs and that would exhaust the stack."""
        self.depth += 1
        if self.depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"nested more than {_DEEPEST} deep", mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


for _tag, _pattern, _starts in (
    ("bool", _BOOLEAN, list("tTfF")),
    ("null", _NULL, ["n", "N", "~", ""]),
    ("int", _INTEGER, _NUMBER_STARTS),
    ("float", _FLOAT, _NUMBER_STARTS),
):
    CoreLoader.add_implicit_resolver(_PREFIX + _tag, re.compile(rf"(?:{_pattern.pattern})\Z"), _starts)


def scalar_value(node: yaml.ScalarNode) -> Any:
    """Return the value of a scalar node: text, a number, true or false, or None.

    Raises ScalarError where an explicit tag does not fit the text, or is none of YAML's core tags.
    """
    kind = node.tag.removeprefix(_PREFIX)
    readers: dict[str, Callable[[str], Any]] = {
        "str": str,
        "bool": _boolean,
        "null": _null,
        "int": _integer,
        "float": _float,
    }
    if kind not in readers:
        raise ScalarError(f"the tag {node.tag} is not allowed; leave it out")
    return readers[kind](node.value)


def _boolean(text: str) -> bool:
    _check(text, _BOOLEAN, "a truth value; write true or false")
    return text.lower() == "true"


def _null(text: str) -> None:
    _check(text, _NULL, "null")


def _integer(text: str) -> int:
    _check(text, _INTEGER, "a whole number")
    if len(text) > 100:
        raise ScalarError(f"a number of {len(text)} digits is too long")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    _check(text, re.compile(rf"{_INTEGER.pattern}|{_FLOAT.pattern}"), "a number")
    return float(re.sub(r"\.(?=[iInN])", "", text))


def _check(text: str, pattern: re.Pattern[str], wanted: str) -> None:
    if pattern.fullmatch(text) is None:
        raise ScalarError(f"{text!r} is not {wanted}")
