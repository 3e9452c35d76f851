"""What every section of a study file is made of: a frozen model, and leaves that say in words what they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Section(BaseModel):
    """A frozen part of a study that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    only_what_is_set: ClassVar[bool] = False
    """Whether a key that is left out means what another section says, and no default of its own."""


@dataclass(frozen=True, slots=True)
class Says:
    """What a leaf takes, in words, and an example as a study file writes it; for messages and the JSON Schema."""

    what: str
    example: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add the words to the leaf's JSON Schema."""
        return {**handler(schema), "description": self.what}
