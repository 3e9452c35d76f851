"""What every kind of lengths says of itself: which models read such inputs, and what these are called."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Self

from xlingual.study.section import Section


class Lengths(Section):
    """Lengths of a model's inputs, in tokens.

    Attributes:
        key: section of a study file, and key of a trial configuration, that holds them.
        family: name of the family of models that reads such inputs (see `xlingual.families`).
        models: what these models are called, in the plural.
        unit: what one input is called, in the plural.
        answers: name of the objective that questions with answers have.
        bound: the setting that bounds an input.
        writes_answers: whether answers are written, so that they may be none of the context.
    """

    key: ClassVar[str]
    family: ClassVar[str]
    models: ClassVar[str]
    unit: ClassVar[str]
    answers: ClassVar[str]
    bound: ClassVar[str]
    writes_answers: ClassVar[bool]

    @property
    def longest(self) -> int | None:
        """Most tokens of an input; None where the model's family decides."""
        found: int | None = getattr(self, self.bound)
        return found

    @property
    def longest_answer(self) -> int | None:
        """Most tokens of an answer; None where the model's family decides, or answers are labels."""
        return getattr(self, "max_answer_tokens", None)

    @property
    def tree(self) -> dict[str, Any]:
        """As JSON's kinds under their key, as in a trial configuration."""
        return {self.key: self.model_dump(mode="json")}

    @property
    def in_words(self) -> str:
        """What bounds the inputs, in words."""
        return f"{self.unit} of at most {self.longest} tokens"

    def resized(self, longest: int) -> Self:
        """The same with inputs of at most `longest` tokens."""
        return self.model_copy(update={self.bound: longest})
