"""The windows section: how contexts are cut for a model."""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field
from typing_extensions import Self

from xlingual.study.leaves import WHOLE, Count
from xlingual.study.lengths import Lengths
from xlingual.study.section import LeafDoc

Length: TypeAlias = Annotated[
    int, Field(strict=True, ge=8, le=100_000), WHOLE, LeafDoc("a whole number of tokens from 8 to 100000", "384")
]
Stride: TypeAlias = Annotated[
    int, Field(strict=True, ge=0, le=100_000), WHOLE, LeafDoc("a whole number of tokens from 0 to 100000", "128")
]


class WindowSettings(Lengths):
    """Lengths in tokens, for encoders.

    A window holds at most `max_length` tokens, question and special tokens included; neighbouring windows of a long
    context share `stride` of them. Answers of up to `max_answer_tokens` are considered.
    """

    key: ClassVar[str] = "windows"
    family: ClassVar[str] = "extractive"
    models: ClassVar[str] = "encoders"
    unit: ClassVar[str] = "windows"
    answers: ClassVar[str] = "span"
    bound: ClassVar[str] = "max_length"
    writes_answers: ClassVar[bool] = False

    max_length: Length = 384
    stride: Stride = 128
    max_answer_tokens: Count = 30

    def resized(self, longest: int) -> Self:
        """The same with windows of at most `longest` tokens, a third of which neighbours share at most."""
        return self.model_copy(update={"max_length": longest, "stride": min(self.stride, longest // 3)})
