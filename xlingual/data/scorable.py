"""Test questions as examples: every question is kept, and one that cannot be scored is an error.

A training example whose answer is not found in its context is dropped (`xlingual.data.cleaning`), because a wrong span
would be learned. Scoring needs no span: it compares a prediction with the texts of the gold answers. A test question
therefore counts even if an offset is wrong or an answer is not in the context. Dropping it would score its language on
fewer questions than the others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from xlingual.data.answer_spans import slices_of
from xlingual.data.examples import Example, ExampleSet
from xlingual.data.stated_questions import Question
from xlingual.errors import DataError

NOT_IN_CONTEXT = -1
"""Offset of a gold answer that is not in its context."""

_SHOWN = 3
"""Maximum number of ids of each kind shown in an error."""


def scorable_examples(
    source: str, files: Mapping[str, str], questions: Mapping[str, Sequence[Question]]
) -> dict[str, ExampleSet]:
    """Examples of every question, by language.

    Gold answers are the non-blank answers of the file. If the context holds one only in another Unicode form or
    spacing, the context's form is accepted too, so that a model which copies it is right. (`xlingual score` compares
    with the file's own texts only, like the official script.) `counts["repaired"]` is the number of questions with a
    corrected offset; an answer that is not in the context has the offset NOT_IN_CONTEXT. `counts["mended_characters"]`
    is the number of questions with half of a surrogate pair, which is read as a question mark.

    Args:
        source: the test set, as the user named it.
        files: the name of each language's file.
        questions: the questions of each language.

    Raises:
        DataError: when there are no questions, or some cannot be scored: one error for all of them, with the files, the
            languages and the first ids.
    """
    wrong = {code: part for code, asked in questions.items() if (part := _unscorable(asked))}
    if wrong:
        raise DataError(_refusal(source, files, wrong, len(questions)))
    if not any(questions.values()):
        raise DataError(
            f"{source}: found no test questions in {', '.join(files.values())}; name a test set that has some"
        )
    return {code: _examples(asked, code) for code, asked in questions.items()}


def refuse_unscorable(file: Path | str, questions: Iterable[Question]) -> None:
    """Refuse gold answers against which no prediction can be scored; the question texts may be missing.

    Raises:
        DataError: when a question has no gold answer text or a duplicate id: one error for all of them.
    """
    wrong = _unscorable(questions, asked=False)
    if wrong:
        raise DataError(f"{file}: {_cannot(wrong.values())}: {_counted(wrong)}; correct the file")


def notes_of(sets: Mapping[str, ExampleSet]) -> list[str]:
    """Remarks on the gold answers for readers of the scores, one line per language concerned."""
    answered = {code: part for code, part in sets.items() if all(isinstance(one, Example) for one in part.examples)}
    return [f"{code}: {'; '.join(said)}" for code, part in answered.items() if (said := list(_said(part)))]


def _said(part: ExampleSet) -> Iterator[str]:
    forms = sum(map(_has_other_form, part.examples))
    if forms:
        yield (
            f"gold answers of {forms} of {len(part)} questions are in their contexts in another Unicode form or "
            "spacing; both forms count"
        )
    absent = sum(set(example.answer_starts) == {NOT_IN_CONTEXT} for example in part.examples)
    if absent:
        yield (
            f"the gold answers of {absent} of {len(part)} questions are not in their contexts; the questions count, "
            "though a model that copies its answers cannot be right there"
        )
    mended = part.counts.get("mended_characters")
    if mended:
        yield f"half of a character (a lone surrogate) is read as a question mark: in {mended} questions"


def _has_other_form(example: Example) -> bool:
    stated = zip(example.answers, example.answer_starts, strict=True)
    return any(start == NOT_IN_CONTEXT and slices_of(example.context, text) for text, start in stated)


def _unscorable(questions: Iterable[Question], *, asked: bool = True) -> dict[str, list[str]]:
    """Ids of the questions that cannot be scored, by reason; `asked`: whether a model will be asked them."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for question in questions:
        reason = _reason(question, seen, asked)
        seen.add(question.id)
        if reason:
            found.setdefault(reason, []).append(question.id)
    return found


def _reason(question: Question, seen: set[str], asked: bool) -> str | None:
    if asked and _blank(question.question):
        return "an empty question"
    if asked and _blank(question.context):
        return "an empty context"
    if question.impossible or all(map(_blank, question.answers)):
        return "no gold answer text"
    if question.mended and not any(character.isalnum() for text in question.answers for character in text):
        return "half of a character for a gold answer"
    return "an id that another question has" if question.id in seen else None


def _blank(text: str) -> bool:
    """Whether a text has only white space and zero-width characters."""
    return all(character.isspace() or unicodedata.category(character) in ("Cc", "Cf") for character in text)


def _refusal(
    source: str, files: Mapping[str, str], wrong: Mapping[str, Mapping[str, Sequence[str]]], languages: int
) -> str:
    cannot = _cannot(ids for part in wrong.values() for ids in part.values())
    named = "; ".join(f"{files[code]} ({code}): {_counted(part)}" for code, part in wrong.items())
    leave = "" if len(wrong) == languages else f", leave {', '.join(wrong)} out of the test languages"
    return (
        f"{source}: {cannot}: {named}. No test question is dropped: correct the files{leave}, or name another test set"
    )


def _cannot(ids_by_reason: Iterable[Sequence[str]]) -> str:
    total = sum(map(len, ids_by_reason))
    return f"{total} question{'' if total == 1 else 's'} cannot be scored"


def _counted(ids_by_reason: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{len(ids)} with {reason} ({first_ids(ids)})" for reason, ids in ids_by_reason.items())


def first_ids(ids: Sequence[str]) -> str:
    """The first few ids, and the number of the others."""
    return ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")


def _examples(questions: Sequence[Question], language: str) -> ExampleSet:
    examples = tuple(_example(question, language) for question in questions)
    counts = {
        "read": len(questions),
        "kept": len(examples),
        "repaired": sum(map(_has_wrong_offset, questions)),
        "mended_characters": sum(question.mended for question in questions),
    }
    return ExampleSet(examples, counts)


def _has_wrong_offset(question: Question) -> bool:
    stated = zip(question.answers, question.answer_starts, strict=True)
    return any(_place(question.context, text, start) not in (start, NOT_IN_CONTEXT) for text, start in stated)


def _example(question: Question, language: str) -> Example:
    stated = zip(question.answers, question.answer_starts, strict=True)
    golds = [(text, _place(question.context, text, start)) for text, start in stated if not _blank(text)]
    alike = [one for text, start in golds if start == NOT_IN_CONTEXT for one in _other_forms(question.context, text)]
    golds = list(dict.fromkeys([*golds, *alike]))
    return Example(
        id=question.id,
        question=question.question,
        context=question.context,
        answers=tuple(text for text, _ in golds),
        answer_starts=tuple(start for _, start in golds),
        language=language,
        title=question.title,
        paragraph=question.paragraph,
    )


def _place(context: str, text: str, stated: int) -> int:
    """A gold answer's offset: the stated one if it fits, otherwise that of its first occurrence."""
    return stated if stated >= 0 and context.startswith(text, stated) else context.find(text)


def _other_forms(context: str, text: str) -> Iterator[tuple[str, int]]:
    """Other forms of an answer in the context, each once, and their offsets."""
    found = {context[start:end]: start for start, end in reversed(slices_of(context, text))}
    return iter(found.items())
