"""The base of every section of a study file, and the description of a leaf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Section(BaseModel):
    """A frozen part of a study that rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    only_what_is_set: ClassVar[bool] = False
    """Whether keys that are left out take their value from elsewhere instead of a default."""


@dataclass(frozen=True, slots=True)
class Says:
    """What a leaf accepts, in words, and an example as in a study file; for messages and the JSON Schema."""

    what: str
    example: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add the description to the leaf's JSON Schema."""
        return {**handler(schema), "description": self.what}
