"""XQuAD: the sealed, parallel test set (Artetxe, Ruder and Yogatama 2020, arXiv 1910.11856)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xlingual.activity import doing
from xlingual.data.crossing import crossed, languages_in
from xlingual.data.examples import ExampleSet
from xlingual.data.hub import hub_rows
from xlingual.data.location import contents, is_snapshot, local_path
from xlingual.data.stated_questions import COLUMNS, Question, questions_of_file, questions_of_rows
from xlingual.data.test_sets.questions import asked_codes, examples_by_language
from xlingual.data.xquad_articles import titles_of_xquad
from xlingual.errors import DataError
from xlingual.languages import XQUAD_LANGUAGES


@doing("reading XQuAD")
def load_xquad(source: str, languages: Sequence[str], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Test examples by two-letter code, in the order of `languages`: every question (see `xlingual.data.scorable`).

    `source` is a directory with one xquad.<code>.json (SQuAD format) per language, a copy of the hub data set, or a
    hub id with one configuration xquad.<code> per language. `paragraphs` keeps that many per language, spread evenly
    over the file (all articles have the same number), the same ones in every language. Raises DataError when a language
    is missing, malformed, or not parallel to the first one, or when a question cannot be scored.
    """
    questions = stated_questions(source, languages)
    _check_parallel(source, questions)
    return examples_by_language(source, {code: _name(source, code) for code in questions}, questions, paragraphs)


def load_crossed(source: str, pairs: Sequence[tuple[str, str]], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Questions of one language on the contexts of another, by `CONTEXT-QUESTION`.

    Raises:
        DataError: see `load_xquad`.
    """
    return crossed(source, load_xquad(source, languages_in(pairs), paragraphs), pairs)


def languages_of(source: str) -> list[str]:
    """The XQuAD languages of a local source; all of them for a hub id, or a copy of one that names none.

    Raises:
        DataError: when a local directory holds nothing of XQuAD.
    """
    path = local_path(source)
    if path is None or not path.is_dir():
        return list(XQUAD_LANGUAGES)
    found = [code for code in XQUAD_LANGUAGES if _file(path, code).is_file() or _in_copy(path, code)]
    if not found and not is_snapshot(path):
        raise DataError(
            f"{source}: no file of XQuAD (xquad.<code>.json), found {contents(path)}; name the directory that has them"
        )
    return found or list(XQUAD_LANGUAGES)


def _in_copy(directory: Path, code: str) -> bool:
    return any(f"xquad.{code}" in str(file.relative_to(directory)) for file in directory.rglob("*.parquet"))


def stated_questions(source: str, languages: Sequence[str]) -> dict[str, list[Question]]:
    """Every question by two-letter code, as stated in the source; takes the arguments of `load_xquad`.

    Raises:
        DataError: when a language is missing or malformed.
    """
    return {code: _with_titles(part) for code, part in _read(source, asked_codes(source, languages)).items()}


def _with_titles(questions: list[Question]) -> list[Question]:
    """Add the article titles to XQuAD's questions if the source (such as the hub) has none."""
    titles = None
    if not any(question.title for question in questions):
        titles = titles_of_xquad([one.id for one in questions], [one.paragraph for one in questions])
    if titles is None:
        return questions
    return [replace(question, title=title) for question, title in zip(questions, titles, strict=True)]


def _read(source: str, codes: Sequence[str]) -> dict[str, list[Question]]:
    path = local_path(source)
    if path is None:
        return {code: _hub_questions(source, code) for code in codes}
    if _refuse_missing(source, path, codes):
        return {code: _hub_questions(str(path), code) for code in codes}
    return {code: questions_of_file(_file(path, code)) for code in codes}


def _refuse_missing(source: str, path: Path, codes: Sequence[str]) -> bool:
    """Raise DataError if a local source lacks a language; return whether it is a copy of a hub data set."""
    if path.is_file():
        raise DataError(f"{source}: a test set is a directory with one xquad.<code>.json per language; name that")
    missing = [code for code in codes if not _file(path, code).is_file()]
    if missing and not is_snapshot(path):
        raise DataError(
            f"{source}: asked for the test languages {', '.join(codes)}; no file for {', '.join(missing)} "
            f"(xquad.<code>.json), found {contents(path, 20)}; add the files or leave these languages out"
        )
    return bool(missing)


def _file(directory: Path, code: str) -> Path:
    return directory / f"xquad.{code}.json"


def _name(source: str, code: str) -> str:
    """The file, or configuration of a hub data set, from which a language's questions are read."""
    path = local_path(source)
    file = None if path is None else _file(path, code)
    return file.name if file is not None and file.is_file() else f"xquad.{code}"


def _hub_questions(source: str, code: str) -> list[Question]:
    rows = hub_rows(source, configuration=f"xquad.{code}", split="validation", columns=COLUMNS)
    return questions_of_rows(rows, f"{source} xquad.{code}")


def _check_parallel(source: str, questions: dict[str, list[Question]]) -> None:
    """Refuse languages whose question and paragraph ids differ from those of the first language."""
    first, *others = questions
    expected = [(question.id, question.paragraph) for question in questions[first]]
    for code in others:
        found = [(question.id, question.paragraph) for question in questions[code]]
        if found != expected:
            raise DataError(
                f"{source}: {code} is not parallel to {first}: {_first_difference(expected, found)}; "
                "a test set needs the same questions in the same order in every language"
            )


def _first_difference(expected: list[tuple[str, str]], found: list[tuple[str, str]]) -> str:
    for number, (one, other) in enumerate(zip(expected, found, strict=False)):
        if one != other:
            return f"question {number} is {other[0]} of paragraph {other[1]}, not {one[0]} of paragraph {one[1]}"
    return f"{len(found)} questions, not {len(expected)}"
