"""Clean questions into examples whose answer offsets are correct, counting everything that is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from xlingual.data.examples import Example, ExampleSet
from xlingual.data.offsets import RULES, STATED, Located, Lost, Span, Stated, locate_answers
from xlingual.data.stated_questions import Question
from xlingual.data.xquad_articles import is_xquad_article

COUNTS = (
    "read",
    "kept",
    "repaired",
    *(f"repaired_{rule}" for rule in RULES),
    "lost_answers",
    "mended_characters",
    "dropped_offset",
    "dropped_absent_answer",
    "dropped_empty_question",
    "dropped_unanswerable",
    "dropped_duplicate_id",
    "dropped_xquad_article",
)

NOTE_ABOVE = 0.1
"""Share of questions with a wrong offset above which the user is told about the file."""


def clean(questions: Iterable[Question], *, language: str, without_xquad: bool, source: str = "") -> ExampleSet:
    """The usable examples of one file's questions, in order.

    Dropped, each with its own count: articles of XQuAD (when `without_xquad`), empty questions, duplicate ids,
    questions without an answer (SQuAD v2.0's impossible ones), and questions whose answers are all missing from the
    context (`dropped_absent_answer`) or ambiguous (`dropped_offset`). Among the kept examples, `repaired` counts those
    with a corrected offset, `repaired_RULE` those corrected by each rule (see offsets.RULES), `lost_answers` the
    answers that were lost, and `mended_characters` those that held half a surrogate pair. `source` names the file in a
    note about wrong offsets.
    """
    asked = list(questions)
    located = located_answers(asked)
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    kept: list[Example] = []
    seen: set[str] = set()
    for question, answers in zip(asked, answers_by_question(asked, located), strict=True):
        counts["read"] += 1
        reason = _reason_to_drop(question, seen, without_xquad) or _reason_of_answers(answers)
        if reason:
            counts[reason] += 1
            continue
        seen.add(question.id)
        spans = [one for one in answers if isinstance(one, Span)]
        _count_repairs(counts, spans, len(answers))
        counts["mended_characters"] += question.mended
        kept.append(example_of(question, spans, language))
    counts["kept"] = len(kept)
    return ExampleSet(tuple(kept), dict(counts), tuple(_notes(source, counts, located.cause)))


def located_answers(questions: Iterable[Question]) -> Located:
    """Locate the answers of all questions of one file, in order of the questions."""
    return locate_answers(
        [
            Stated(question.context, text, start)
            for question in questions
            for text, start in zip(question.answers, question.answer_starts, strict=True)
        ]
    )


def answers_by_question(questions: Iterable[Question], located: Located) -> list[list[Span | Lost]]:
    """Group the located answers by question."""
    found = iter(located.answers)
    return [list(islice(found, len(question.answers))) for question in questions]


def example_of(question: Question, spans: Sequence[Span], language: str) -> Example:
    """An example of a question with the answers at these spans, spelled as in the context."""
    return Example(
        id=question.id,
        question=question.question,
        context=question.context,
        answers=tuple(question.context[span.start : span.end] for span in spans),
        answer_starts=tuple(span.start for span in spans),
        language=language,
        title=question.title,
        paragraph=question.paragraph,
    )


def _reason_to_drop(question: Question, seen: set[str], without_xquad: bool) -> str | None:
    if without_xquad and question.title and is_xquad_article(question.title):
        return "dropped_xquad_article"
    if not question.question:
        return "dropped_empty_question"
    if question.id in seen:
        return "dropped_duplicate_id"
    return None if question.answerable else "dropped_unanswerable"


def _reason_of_answers(answers: Sequence[Span | Lost]) -> str | None:
    if any(isinstance(one, Span) for one in answers):
        return None
    return "dropped_offset" if "ambiguous" in answers else "dropped_absent_answer"


def _count_repairs(counts: Counter[str], spans: Sequence[Span], stated: int) -> None:
    counts["lost_answers"] += stated - len(spans)
    rule = next((span.how for span in spans if span.how != STATED), None)
    if rule is not None:
        counts["repaired"] += 1
        counts[f"repaired_{rule}"] += 1


def _notes(source: str, counts: Mapping[str, int], cause: str) -> Iterable[str]:
    """Report that more than a tenth of a file's questions have a wrong offset, and the likely cause."""
    repaired, dropped = counts["repaired"], counts["dropped_offset"] + counts["dropped_absent_answer"]
    total = counts["kept"] + dropped
    if source and repaired + dropped > NOTE_ABOVE * total:
        looks = f"; its offsets {cause}" if cause else ""
        yield (
            f"{source}: the answers of {repaired + dropped:,} of {total:,} questions are not where their offsets say: "
            f"{repaired:,} repaired, {dropped:,} dropped{looks}. Check the file: offsets count characters, from 0"
        )
