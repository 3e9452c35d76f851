"""Pydantic's validation errors, in the words of a study file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from pydantic import ValidationError

from xlingual.errors import Problem
from xlingual.study.document import Document, Path, dotted
from xlingual.study.messages import USER_ERROR, did_you_mean, shown
from xlingual.study.node_syntax import KEYS
from xlingual.study.schema import Study
from xlingual.study.section import Section
from xlingual.study.spot import Spot


def problems_of(error: ValidationError, document: Document) -> Iterator[Problem]:
    """Yield each error as a problem of the line it concerns."""
    for item in error.errors(include_url=False, include_context=False):
        if item["type"] == "default_factory_not_called":  # the key that it depends on is reported already
            continue
        path = tuple(step for step in item["loc"] if step != "[key]")
        at = path[:-1] if item["type"] == "missing" else path
        yield document.line_of(at).problem(
            f"{dotted(path)}: {_message(item['type'], path, item['input'], item['msg'])}"
        )


def _message(kind: str, path: Path, found: object, message: str) -> str:
    if kind == USER_ERROR:
        return message
    if kind == "extra_forbidden":
        section = spot_at(path[:-1]).section or Study
        return f"unknown key {path[-1]!r} in {_where(path[:-1])}; {did_you_mean(path[-1], _keys(section))}"
    spot = spot_at(path)
    wanted, example = _wanted(spot, message)
    remedy = f"write for example {_key(path)}{example}" if example else f"see the keys of {_where(path[:-1])}"
    if kind == "missing":
        return f"is missing, it takes {wanted}; {remedy}"
    if get_origin(spot.kind) is Literal:
        remedy = did_you_mean(found, get_args(spot.kind), remedy)
    return f"must be {wanted}, found {shown(found)}; {remedy}"


def _wanted(spot: Spot, message: str) -> tuple[str, str]:
    if spot.doc is not None:
        return spot.doc.what, spot.doc.example
    if spot.section is not None:
        required = [name for name, field in spot.section.model_fields.items() if field.is_required()]
        keys = required or list(spot.section.model_fields)[:1]
        return f"a mapping with the keys {', '.join(_keys(spot.section))}", "{" + ": ..., ".join(keys) + ": ...}"
    return message, ""


def spot_at(path: Path) -> Spot:
    """Find what may be written at a path, through search-space nodes on the way."""
    spot = Spot(Study)
    steps = list(path)
    while steps:
        step = steps.pop(0)
        if spot.tunable and step in KEYS:
            del steps[:1]
        else:
            spot = spot.below(step)
    return spot


def _keys(section: type[Section]) -> list[str]:
    return list(section.model_fields)


def _where(path: Path) -> str:
    return dotted(path) or "the study"


def _key(path: Path) -> str:
    return f"{path[-1]}: " if path and isinstance(path[-1], str) else ""
