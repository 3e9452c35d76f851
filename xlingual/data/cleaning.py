"""From stated questions to examples whose every answer stands where it says, with a count of all that was dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from xlingual.data.answers import locate
from xlingual.data.examples import Example, ExampleSet
from xlingual.data.questions import Question
from xlingual.data.xquad_articles import is_xquad_article

COUNTS = (
    "read",
    "kept",
    "repaired",
    "lost_answers",
    "dropped_offset",
    "dropped_empty_question",
    "dropped_unanswerable",
    "dropped_duplicate_id",
    "dropped_xquad_article",
)


def clean(questions: Iterable[Question], *, language: str, without_xquad: bool) -> ExampleSet:
    """Examples of the questions that can be used, in order.

    Dropped, each under its own count: articles of XQuAD (when `without_xquad`), empty questions, ids seen before,
    questions without an answer (SQuAD v2.0's impossible ones), and questions none of whose answers can be located
    (`dropped_offset`). `repaired` counts kept examples in which an offset was mended, `lost_answers` answers that were
    dropped from examples that stay.
    """
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    kept: list[Example] = []
    seen: set[str] = set()
    for question in questions:
        counts["read"] += 1
        reason = _reason_to_drop(question, seen, without_xquad)
        example = None if reason else _located(question, language, counts)
        if example is None:
            counts[reason or "dropped_offset"] += 1
            continue
        seen.add(question.id)
        kept.append(example)
    counts["kept"] = len(kept)
    return ExampleSet(tuple(kept), dict(counts))


def _reason_to_drop(question: Question, seen: set[str], without_xquad: bool) -> str | None:
    if without_xquad and question.title and is_xquad_article(question.title):
        return "dropped_xquad_article"
    if not question.question.strip():
        return "dropped_empty_question"
    if question.id in seen:
        return "dropped_duplicate_id"
    return None if question.answers else "dropped_unanswerable"


def _located(question: Question, language: str, counts: Counter[str]) -> Example | None:
    stated = list(zip(question.answers, question.answer_starts, strict=True))
    found = [(text, locate(question.context, text, start)) for text, start in stated]
    usable = [(text, start) for text, start in found if start is not None]
    if not usable:
        return None
    counts["lost_answers"] += len(stated) - len(usable)
    counts["repaired"] += any(pair not in stated for pair in usable)
    return Example(
        id=question.id,
        question=question.question,
        context=question.context,
        answers=tuple(text for text, _ in usable),
        answer_starts=tuple(start for _, start in usable),
        language=language,
        title=question.title,
        paragraph=question.paragraph,
    )
