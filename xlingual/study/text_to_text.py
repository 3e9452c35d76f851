"""The text_to_text section: how much text generative models read and write."""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field

from xlingual.study.leaves import WHOLE
from xlingual.study.lengths import Lengths
from xlingual.study.section import LeafDoc

Tokens: TypeAlias = Annotated[
    int, Field(strict=True, ge=8, le=100_000), WHOLE, LeafDoc("a whole number of tokens from 8 to 100000", "512")
]
Written: TypeAlias = Annotated[
    int, Field(strict=True, ge=2, le=100_000), WHOLE, LeafDoc("a whole number of tokens from 2 to 100000", "64")
]


class TextToTextSettings(Lengths):
    """Lengths in tokens, including special tokens (bytes, for ByT5); by default the family's own.

    An input longer than `max_input_tokens` loses the end of its context. In training, a target longer than
    `max_target_tokens` loses its end; answers are generated up to `max_answer_tokens`.
    """

    key: ClassVar[str] = "text_to_text"
    family: ClassVar[str] = "text_to_text"
    models: ClassVar[str] = "text-to-text models"
    unit: ClassVar[str] = "inputs"
    answers: ClassVar[str] = "text"
    bound: ClassVar[str] = "max_input_tokens"
    writes_answers: ClassVar[bool] = True

    max_input_tokens: Tokens | None = None
    max_target_tokens: Written | None = None
    max_answer_tokens: Written | None = None

    @property
    def in_words(self) -> str:
        """What bounds inputs and answers, in words."""
        return f"{super().in_words}, answers of at most {self.max_answer_tokens}"
