"""Questions as stated in a SQuAD file or hub data set, before checks, repairs and filtering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.data.row_files import LayoutError, Row, objects_of, rows_of_file
from xlingual.data.stated_values import answers_of, listed, name_of, text_of
from xlingual.data.texts import mended, stripped
from xlingual.errors import DataError

COLUMNS = ("id", "context", "question", "answers")
_READ = (*COLUMNS, "title", "is_impossible")

FORMAT = (
    '{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", "answers": '
    '[{"text", "answer_start"}]}]}]}]}, or rows {"id", "context", "question", "answers": {"text", "answer_start"}}'
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question as stated; its answers and their offsets may be wrong.

    Half a surrogate pair is replaced by a question mark in every text, and the question is stripped of white space and
    zero-width marks.

    Attributes:
        answer_starts: offsets in an unknown unit; -1 if the source states none.
        impossible: whether the source marks the question as unanswerable.
        mended: whether some text held half a surrogate pair.
    """

    id: str
    question: str
    context: str
    answers: tuple[str, ...]
    answer_starts: tuple[int, ...]
    title: str
    paragraph: str
    impossible: bool = False
    mended: bool = False

    @property
    def answerable(self) -> bool:
        """Whether it has a non-blank answer and is not marked as impossible."""
        return not self.impossible and any(answer.strip() for answer in self.answers)


def questions_of_file(path: Path, *, texts: bool = True) -> list[Question]:
    """Every question of a file, in order: SQuAD format (v1.1 or v2.0) or flat rows, as JSON, JSON Lines or Parquet.

    An integer id becomes a string; a missing or null title becomes "". With `texts=False` contexts and questions may be
    missing, as for scoring. Raises DataError, naming the line, when the file is not JSON, or naming the place and key
    when it is not in SQuAD format.
    """
    with in_squad_format(path):
        return list(_questions(rows_of_file(path, _READ), texts))


def questions_of_document(document: Any, source: str, *, texts: bool = True) -> list[Question]:
    """Every question of what a JSON file in SQuAD format holds; see `questions_of_file`."""
    with in_squad_format(source):
        return list(_questions(objects_of(document, "the top level"), texts))


def questions_of_rows(rows: Iterable[Row], source: str) -> list[Question]:
    """Every question of hub rows (id, context, question, answers {text, answer_start}, optional title), in order.

    Consecutive rows with the same context form a paragraph. Raises DataError when a row has another layout.
    """
    try:
        return list(_questions(((f"row {number}", row) for number, row in enumerate(rows)), texts=True))
    except LayoutError as misfit:
        raise DataError(f"{source}: not in SQuAD's layout: {misfit}") from None


def questions_of_article(article: Row, place: str, *, texts: bool = True) -> Iterator[Question]:
    """Every question of one article; raises LayoutError with places below `place`."""
    title = name_of(article, "title", place) if article.get("title") is not None else ""
    for p, paragraph in enumerate(listed(article, "paragraphs", place)):
        here = f"{place}.paragraphs[{p}]"
        context = text_of(paragraph, "context", here, needed=texts)
        first = ""
        for q, qa in enumerate(listed(paragraph, "qas", here)):
            question = _question(qa, context, title, first, f"{here}.qas[{q}]", texts)
            first = first or question.id
            yield question


@contextmanager
def in_squad_format(path: Path | str) -> Iterator[None]:
    """Turn the LayoutError of a file in another format into a DataError."""
    try:
        yield
    except LayoutError as misfit:
        raise DataError(f"{path}: not in SQuAD format: {misfit}; write {FORMAT}") from None


def _questions(rows: Iterable[tuple[str, Row]], texts: bool) -> Iterator[Question]:
    before, paragraph = "", ""
    for place, row in rows:
        if "paragraphs" in row:
            yield from questions_of_article(row, place, texts=texts)
            continue
        context = text_of(row, "context", place, needed=texts)
        title = name_of(row, "title", place) if row.get("title") is not None else ""
        together = bool(paragraph) and context == before
        question = _question(row, before if together else context, title, paragraph if together else "", place, texts)
        before, paragraph = context, question.paragraph
        yield question


def _question(qa: Mapping[str, Any], context: str, title: str, paragraph: str, place: str, texts: bool) -> Question:
    """The question of a SQuAD object or flat row; the first question of a paragraph gives it its id."""
    answers = answers_of(qa, place)
    names = name_of(qa, "id", place), text_of(qa, "question", place, needed=texts)
    stated = (*names, context, title, *(answer.text for answer in answers))
    identity, question, context, title, *found = map(mended, stated)
    return Question(
        id=identity,
        question=stripped(question),
        context=context,
        answers=tuple(found),
        answer_starts=tuple(answer.start for answer in answers),
        title=title,
        paragraph=paragraph or identity,
        impossible=qa.get("is_impossible") is True,
        mended=(identity, question, context, title, *found) != stated,
    )
