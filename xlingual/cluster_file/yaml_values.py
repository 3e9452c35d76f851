"""Values that Ray takes for something else: it reads YAML 1.1, in which `no` is false and 3e-4 is text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from xlingual.cluster_file.finding import Finding
from xlingual.study.document import Path, dotted
from xlingual.study.scalars import CoreLoader

_TAG = "tag:yaml.org,2002:"
_TRUE = {"y", "yes", "true", "on"}
_EXPONENT = re.compile(r"([-+]?)([0-9]*)(?:\.([0-9]*))?[eE]([-+]?)([0-9]+)")


def misread_values(text: str) -> Iterator[Finding]:
    """Yield every plain value, or key, whose meaning differs between YAML 1.1 and 1.2; the text is valid YAML."""
    new, old = CoreLoader(text).get_single_node(), yaml.SafeLoader(text).get_single_node()
    if new is not None and old is not None:
        yield from _compared(new, old, ())


def _compared(new: yaml.Node, old: yaml.Node, path: Path) -> Iterator[Finding]:
    if isinstance(new, yaml.MappingNode):
        for (key, value), (old_key, old_value) in zip(new.value, old.value, strict=True):
            below = (*path, str(key.value))
            yield from _scalar(key, old_key, below, "the key ")
            yield from _compared(value, old_value, below)
    elif isinstance(new, yaml.SequenceNode):
        for position, (item, old_item) in enumerate(zip(new.value, old.value, strict=True)):
            yield from _compared(item, old_item, (*path, position))
    else:
        yield from _scalar(new, old, path)


def _scalar(new: yaml.Node, old: yaml.Node, path: Path, kind: str = "") -> Iterator[Finding]:
    octal = new.tag == f"{_TAG}int" and re.fullmatch(r"[-+]?0[0-7]+", new.value) is not None
    if new.tag == old.tag and not octal:
        return
    value, line = str(new.value), new.start_mark.line + 1
    yield Finding(line, dotted(path), f"Ray reads {kind}{value} as {_meaning(old)}", _remedy(value, old))


def _meaning(old: yaml.Node) -> str:
    kind = old.tag.removeprefix(_TAG)
    if kind == "bool":
        return "true" if str(old.value).lower() in _TRUE else "false"
    if kind == "int":
        return f"the number {yaml.safe_load(str(old.value))}"
    return {"str": "text", "timestamp": "a date", "merge": "a merge"}.get(kind, f"a value of the kind {kind}")


def _remedy(value: str, old: yaml.Node) -> str:
    kind = old.tag.removeprefix(_TAG)
    exponent = _EXPONENT.fullmatch(value)
    if kind == "str" and exponent is not None:
        sign, whole, fraction, exponent_sign, power = exponent.groups()
        return f"write {sign}{whole or '0'}.{fraction or '0'}e{exponent_sign or '+'}{power}"
    if kind == "bool":
        return f'write {_meaning(old)}, or "{value}" in quotes'
    return f'write "{value}" in quotes' if kind != "str" else "write it as a plain decimal number"
