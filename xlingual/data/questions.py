"""Questions as a SQuAD file or a hub data set states them, before anything is checked, repaired or dropped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import DataError

COLUMNS = ("id", "context", "question", "answers")


@dataclass(frozen=True, slots=True)
class Question:
    """One stated question; the answers and their stated offsets may be wrong."""

    id: str
    question: str
    context: str
    answers: tuple[str, ...]
    answer_starts: tuple[int, ...]
    title: str
    paragraph: str
    impossible: bool = False

    @property
    def answerable(self) -> bool:
        """Whether it has an answer: one that is more than white space, and it is not said to have none."""
        return not self.impossible and any(answer.strip() for answer in self.answers)


def questions_of_file(path: Path) -> list[Question]:
    """Every question of a SQuAD JSON file (v1.1 or v2.0), in order.

    Raises DataError that names the line when the file is not JSON, or the place and key when it is not SQuAD's format.
    """
    document = _json(path)
    try:
        return list(_document_questions(document))
    except _Misfit as misfit:
        raise DataError(
            f"{path}: not in SQuAD format: {misfit}; write "
            '{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", "answers": '
            '[{"text", "answer_start"}]}]}]}]}'
        ) from None


def questions_of_rows(rows: Iterable[Mapping[str, Any]], source: str) -> list[Question]:
    """Every question of hub rows (id, context, question, answers {text, answer_start}, optional title), in order.

    Consecutive rows with the same context make one paragraph. Raises DataError when a row has another shape.
    """
    questions: list[Question] = []
    for number, row in enumerate(rows):
        try:
            questions.append(_row_question(row, questions[-1] if questions else None))
        except _Misfit as misfit:
            raise DataError(f"{source}: row {number} is not in SQuAD's layout: {misfit}") from None
    return questions


class _Misfit(Exception):
    """A key that is absent or has the wrong type: place and finding."""


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}: not JSON: {error.msg}; name a SQuAD JSON file") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}); name a SQuAD JSON file") from None


def _document_questions(document: Any) -> Iterator[Question]:
    for a, article in enumerate(_value(document, "data", list, "the top level")):
        place = f"data[{a}]"
        title = _value(article, "title", str, place) if "title" in article else ""
        for p, paragraph in enumerate(_value(article, "paragraphs", list, place)):
            yield from _paragraph_questions(paragraph, title, f"{place}.paragraphs[{p}]")


def _paragraph_questions(paragraph: Any, title: str, place: str) -> Iterator[Question]:
    context = _value(paragraph, "context", str, place)
    first = ""
    for q, qa in enumerate(_value(paragraph, "qas", list, place)):
        here = f"{place}.qas[{q}]"
        answers = _value(qa, "answers", list, here)
        identity = _value(qa, "id", str, here)
        first = first or identity
        yield Question(
            id=identity,
            question=_value(qa, "question", str, here),
            context=context,
            answers=tuple(_value(answer, "text", str, f"{here}.answers[{n}]") for n, answer in enumerate(answers)),
            answer_starts=tuple(
                _value(answer, "answer_start", int, f"{here}.answers[{n}]") for n, answer in enumerate(answers)
            ),
            title=title,
            paragraph=first,
        )


def _row_question(row: Mapping[str, Any], previous: Question | None) -> Question:
    answers = _value(row, "answers", dict, "the row")
    texts = _value(answers, "text", list, "answers")
    starts = _value(answers, "answer_start", list, "answers")
    if len(texts) != len(starts):
        raise _Misfit(f"{len(texts)} answer texts but {len(starts)} answer starts")
    identity = _value(row, "id", str, "the row")
    context = _value(row, "context", str, "the row")
    together = previous is not None and previous.context == context
    return Question(
        id=identity,
        question=_value(row, "question", str, "the row"),
        context=previous.context if previous is not None and together else context,
        answers=tuple(texts),
        answer_starts=tuple(int(start) for start in starts),
        title=row.get("title") or "",
        paragraph=previous.paragraph if previous is not None and together else identity,
    )


def _value(mapping: Any, key: str, kind: type, place: str) -> Any:
    if not isinstance(mapping, Mapping):
        raise _Misfit(f"{place} is {type(mapping).__name__}, not an object")
    if key not in mapping:
        raise _Misfit(f'no key "{key}" in {place}, found {", ".join(map(str, mapping)) or "no keys"}')
    value = mapping[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _Misfit(f'"{key}" in {place} is {type(value).__name__}, not {kind.__name__}')
    return value
