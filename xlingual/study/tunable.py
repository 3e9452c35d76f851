"""A leaf of a study: either a value or a search space.

`Tunable[T]` takes what T takes, or a mapping with the one key uniform, log_uniform, log_normal, integer, choice or
simplex. The ends of a range and the options of a choice are checked by T itself, so a range never reaches a value that
T refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from xlingual.study.node_syntax import CHOICE, FLAT, INTEGER, MOST_FACTOR, NUMBER, WEIGHTS, LeafKind, read_tunable
from xlingual.study.section import Section
from xlingual.study.space import NODES, Node, as_written, with_options

T = TypeVar("T")
_BY_BASE = {float: NUMBER, int: INTEGER, bool: FLAT, str: FLAT, dict: WEIGHTS}
_RANGES = {"number": ("uniform", "log_uniform", "log_normal"), "integer": ("integer",)}


class TunableMarker:
    """Makes pydantic accept a search-space node in place of the annotated leaf."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Wrap the leaf's own schema."""
        leaf = leaf_type(source)
        kind = leaf_kind(leaf)
        return core_schema.no_info_wrap_validator_function(
            lambda value, check: read_tunable(value, check, kind),
            handler.generate_schema(leaf),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: as_written(as_tree(value))),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON Schema of the leaf and of the nodes that fit it."""
        leaf = handler(schema)
        return {"anyOf": [leaf, *(_node_schema(key, leaf) for key in (*_keys(leaf), "choice"))]}


Tunable: TypeAlias = Annotated[Union[T, Node], TunableMarker()]  # noqa: UP007 (T may be a union itself)


def leaf_type(source: Any) -> Any:
    """Return T of Tunable[T], given the union of T and the node types."""
    members = tuple(member for member in get_args(source) if member not in NODES)
    return Union[members]  # noqa: UP007


def leaf_kind(leaf: Any) -> LeafKind:
    """Return which nodes fit a leaf of this type."""
    while True:
        present = [member for member in get_args(leaf) if member is not type(None)]
        if get_origin(leaf) is Annotated:
            leaf = get_args(leaf)[0]
        elif get_origin(leaf) is Union and len(present) == 1:  # a leaf that may be left out
            leaf = present[0]
        else:
            break
    if get_origin(leaf) is Literal:
        return FLAT
    return _BY_BASE.get(get_origin(leaf) or leaf, CHOICE)


def as_tree(value: Any) -> Any:
    """Return the tree that `draw` takes: sections as plain dicts, nodes as they are."""
    return with_options(value, _as_mapping)


def _as_mapping(value: Any) -> Any:
    if not isinstance(value, Section):
        return value
    fields = type(value).model_fields
    names = [name for name in fields if name in value.model_fields_set] if value.only_what_is_set else fields
    return {name: as_tree(getattr(value, name)) for name in names}


def _without_null(leaf: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a leaf that may be left out, as of one that may not."""
    present = [option for option in leaf.get("anyOf", ()) if option.get("type") != "null"]
    return _without_null(present[0]) if len(present) == 1 else leaf


def _keys(leaf: Mapping[str, Any]) -> tuple[str, ...]:
    leaf = _without_null(leaf)
    weights = ("simplex",) if "additionalProperties" in leaf else ()
    return _RANGES.get(leaf.get("type", ""), weights)


def _node_schema(key: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any]
    end = _without_null(leaf)
    if key == "choice":
        nested = {"type": "object", "minProperties": 1, "maxProperties": 1}
        labelled = {"type": "object", "minProperties": 2, "additionalProperties": {"anyOf": [leaf, nested]}}
        flat = {"type": "array", "items": leaf, "minItems": 2, "uniqueItems": True}
        is_single = end.get("type", "object") != "object"
        body = {"anyOf": [flat, labelled]} if is_single else labelled
    elif key == "simplex":
        codes = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
        body = {"anyOf": [{"const": "all"}, codes]}
    elif key == "log_normal":
        median, factor = {"allOf": [end, {"exclusiveMinimum": 0}]}, {"type": "number", "exclusiveMinimum": 1}
        factor["maximum"] = MOST_FACTOR
        body = {"type": "array", "prefixItems": [median, factor], "minItems": 2, "maxItems": 2}
    else:
        body = {"type": "array", "items": end, "minItems": 2, "maxItems": 2}
    return {"type": "object", "properties": {key: body}, "required": [key], "additionalProperties": False}
