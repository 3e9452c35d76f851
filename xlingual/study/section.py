"""The base of every section of a study file, and the description of a leaf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from xlingual.study.messages import Path
from xlingual.study.space import choice_options


class Section(BaseModel):
    """A frozen part of a study that rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    only_what_is_set: ClassVar[bool] = False
    """Whether keys that are left out take their value from elsewhere instead of a default."""


@dataclass(frozen=True, slots=True)
class LeafDoc:
    """What a leaf accepts, in words, and an example as in a study file; for messages and the JSON Schema."""

    what: str
    example: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add the description to the leaf's JSON Schema."""
        return {**handler(schema), "description": self.what}


@dataclass(frozen=True, slots=True)
class AlsoWritten:
    """Short forms of a value that a validator before its own writes out: their schemas, for the JSON Schema alone."""

    forms: tuple[dict[str, Any], ...]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add the forms as alternatives."""
        return {"anyOf": [*self.forms, handler(schema)]}

    def __hash__(self) -> int:
        return hash(repr(self.forms))


def without_required(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """Let a section's JSON Schema do without a key, which a validator before its own fills in."""
    schema["required"] = [name for name in schema["required"] if name != key]
    return schema


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """List the leaves and nodes of a section with their paths in the study file, options of choices included."""
    if isinstance(value, Section):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), (*path, name))
    else:
        yield path, value
    for step, option in choice_options(value):
        yield from leaves(option, (*path, "choice", step))


def section_options(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield a section with its path in the study file, or those among the options of a choice; none for None."""
    if isinstance(value, Section):
        yield path, value
    for step, option in choice_options(value):
        yield from section_options(option, (*path, "choice", step))
