"""A piece of training data to check against the test set, and the result of the check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xlingual.data.examples import Example, SentencePair
from xlingual.data.faq.rows import FaqRow
from xlingual.data.stated_questions import Question

Reason = Literal["text", "id", "title", "question", "pair", "sentence"]


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A paragraph, FAQ row or other piece of training data, kept or dropped as a whole.

    Attributes:
        name: how users can find it.
        texts: contexts and answers, searched for the test set's paragraphs.
        questions: searched too, and compared with the test set's questions.
        title: title of the article; "" if there is none.
        identities: ids of its questions.
        sentences: those of a sentence pair, which are compared with the test set's as a whole.
    """

    name: str
    texts: tuple[str, ...]
    questions: tuple[str, ...] = ()
    title: str = ""
    identities: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    @classmethod
    def of_row(cls, row: FaqRow) -> TrainingText:
        """The text of one FAQ pair."""
        return cls(f"{row.url} {row.question}", (row.answer,), (row.question,))

    @classmethod
    def of_paragraph(cls, examples: Iterable[Example | Question]) -> TrainingText:
        """The text of questions on one context, named by the first question's id or their article."""
        together = list(examples)
        first = together[0]
        questions, identities = tuple(each.question for each in together), tuple(each.id for each in together)
        return cls(first.paragraph or first.id or first.title, (first.context,), questions, first.title, identities)

    @classmethod
    def of_pair(cls, pair: SentencePair) -> TrainingText:
        """The text of a sentence pair, each of whose sentences may be one of a test pair."""
        return cls(pair.id, (), title=pair.title, sentences=(pair.first, pair.second))


@dataclass(frozen=True, slots=True)
class Overlap:
    """Why a piece of training data overlaps the test set.

    Attributes:
        reasons: all reasons that hold, the strongest first.
        run: letters of the longest run shared with a test paragraph; 0 if it is shorter than an n-gram.
        share: share of its n-grams found in the test set's paragraphs, 0 to 1, for the text with the largest share.
        test_sets: names of the test sets, where there may be several.
    """

    reasons: tuple[Reason, ...]
    run: int
    share: float
    test_sets: tuple[str, ...] = ()

    @property
    def reason(self) -> Reason:
        """The strongest reason."""
        return self.reasons[0]


@dataclass(frozen=True, slots=True)
class Contaminated:
    """The name of a dropped piece of training data, and why it was dropped."""

    name: str
    overlap: Overlap

    def as_json(self) -> dict[str, str | int | float | list[str]]:
        """A line of a study's list of dropped data."""
        found = self.overlap
        sets = {"test_sets": list(found.test_sets)} if found.test_sets else {}
        return {
            "name": self.name,
            **sets,
            "reasons": list(found.reasons),
            "run": found.run,
            "share": round(found.share, 4),
        }
