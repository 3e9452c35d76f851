"""What is checked against the test set, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.stated_questions import Question

Reason = Literal["text", "id", "title", "question"]


@dataclass(frozen=True, slots=True)
class TrainingText:
    """One paragraph, FAQ row or other piece of training data: kept or dropped as a whole.

    Attributes:
        name: what a reader finds it by.
        texts: contexts and answers; looked through for the test set's paragraphs.
        questions: looked through as well, and compared with the test set's questions.
        title: of the article; "" where there is none.
        identities: ids of its questions.
    """

    name: str
    texts: tuple[str, ...]
    questions: tuple[str, ...] = ()
    title: str = ""
    identities: tuple[str, ...] = ()

    @classmethod
    def of_row(cls, row: FaqRow) -> TrainingText:
        """One FAQ pair."""
        return cls(f"{row.url} {row.question}", (row.answer,), (row.question,))

    @classmethod
    def of_paragraph(cls, examples: Iterable[Example | Question]) -> TrainingText:
        """Questions that share one context, called by the first one's id or by their article."""
        together = list(examples)
        first = together[0]
        questions, identities = tuple(each.question for each in together), tuple(each.id for each in together)
        return cls(first.paragraph or first.id or first.title, (first.context,), questions, first.title, identities)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Why a piece of training data counts as the test set's.

    Attributes:
        reasons: all that hold, the surest first.
        run: letters of the longest stretch that it shares with a paragraph of the test set; 0 when that is shorter than
            an n-gram.
        share: of its n-grams, those that are in the test set's paragraphs, 0 to 1; of the text with most.
    """

    reasons: tuple[Reason, ...]
    run: int
    share: float

    @property
    def reason(self) -> Reason:
        """The surest of the reasons."""
        return self.reasons[0]


@dataclass(frozen=True, slots=True)
class Contaminated:
    """A piece of training data that was dropped: what a reader finds it by, and why."""

    name: str
    overlap: Overlap

    def as_json(self) -> dict[str, str | int | float | list[str]]:
        """One line of a study's list."""
        found = self.overlap
        return {"name": self.name, "reasons": list(found.reasons), "run": found.run, "share": round(found.share, 4)}
