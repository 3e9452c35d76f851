"""The windows section: how contexts are cut for a model."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from xlingual.study.leaves import WHOLE, Count
from xlingual.study.section import Says, Section

Length: TypeAlias = Annotated[
    int, Field(strict=True, ge=8, le=100_000), WHOLE, Says("a whole number of tokens from 8 to 100000", "384")
]
Stride: TypeAlias = Annotated[
    int, Field(strict=True, ge=0, le=100_000), WHOLE, Says("a whole number of tokens from 0 to 100000", "128")
]


class WindowSettings(Section):
    """Lengths in tokens, for encoders.

    A window holds at most `max_length` tokens, question and special tokens included; neighbouring windows of a long
    context share `stride` of them. Answers of up to `max_answer_tokens` are considered.
    """

    max_length: Length = 384
    stride: Stride = 128
    max_answer_tokens: Count = 30
