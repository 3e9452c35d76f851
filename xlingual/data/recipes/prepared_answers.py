"""Prepare an answer for use in a passage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.echo import without_echo
from xlingual.data.recipes.evidence import Evidence
from xlingual.data.recipes.sentence_offsets import Sentences, split
from xlingual.data.recipes.span import answer_span, sentence_span
from xlingual.data.writing import characters, fold, words
from xlingual.study.recipes import PassageSettings


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An answer's text as used in passages, and what it is compared by.

    `span` is (start, end) of the gold span in the text, or the reason why the row can only be a sibling. `asked`,
    `folded` and `vocabulary` are the question, the text and its words without case and punctuation.
    """

    row: FaqRow
    text: str
    span: tuple[int, int] | str
    cut: bool
    echoed: bool
    asked: str
    folded: str
    vocabulary: frozenset[str]

    @property
    def wanted(self) -> str:
        """The folded text of the span; "" if there is no span."""
        return "" if isinstance(self.span, str) else fold(self.text[self.span[0] : self.span[1]])


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares the answers of one language for passages of at most `room` characters per answer."""

    settings: PassageSettings
    language: str
    room: int

    def __call__(self, row: FaqRow, evidence: Evidence) -> Answer | str:
        """The answer of a row, or the reason why it cannot be used in any passage; `evidence` is that of its host.

        An answer longer than `room` is cut at sentence boundaries: it keeps the text around its span, starting as early
        as fits.
        """
        stated = row.answer.strip()
        text = without_echo(row.question, stated, self.language) if self.settings.strip_echo else stated
        whole = split(text, self.language)
        asked, folded = fold(row.question), fold(whole.text)
        if not asked or not folded:
            return "dropped_echo" if asked and fold(stated) else "dropped_empty"

        def found(first: int, last: int) -> float:
            return evidence(asked, fold(whole.part(first, last).text), folded, len(whole) - (last - first))

        span = self._span(row.question, whole, found)
        part, span = _cut(whole, span, self.room)
        if not part:
            return "dropped_long_sentence"
        cut = len(part) < len(whole.text)
        folded = fold(part) if cut else folded
        return Answer(
            row=row,
            text=part,
            span=span,
            cut=cut,
            echoed=text != stated,
            asked=asked,
            folded=folded,
            vocabulary=frozenset(words(folded, self.language)),
        )

    def _span(self, question: str, answer: Sentences, evidence: Callable[[int, int], float]) -> tuple[int, int] | str:
        limit = characters(self.settings.max_span_characters, self.language)
        if self.settings.span == "answer":
            return answer_span(answer, limit)
        return sentence_span(question, answer, self.language, limit, evidence, self.settings.evidence)


def _cut(answer: Sentences, span: tuple[int, int] | str, room: int) -> tuple[str, tuple[int, int] | str]:
    """The sentences around the span that fit into `room` characters, starting as early as possible; "" if none fit."""
    if len(answer.text) <= room:
        return answer.text, span
    start, end = (0, 0) if isinstance(span, str) else span
    through = next(finish for _, finish in answer.places if finish >= end)
    first = next((begin for begin, _ in answer.places if through - begin <= room), through)
    if first > start:
        return "", span
    last = max(finish for _, finish in answer.places if finish - first <= room)
    return answer.text[first:last], span if isinstance(span, str) else (start - first, end - first)
