"""A user's own test set: one file in SQuAD's format for each language, see `xlingual.study.benchmarks.own`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlingual.activity import doing
from xlingual.data.crossing import crossed, languages_in
from xlingual.data.examples import ExampleSet
from xlingual.data.location import contents
from xlingual.data.stated_questions import Question, questions_of_file
from xlingual.data.test_sets.questions import asked_codes, examples_by_language
from xlingual.errors import DataError
from xlingual.study.benchmarks.own import LANGUAGE, file_alone, files_of


@doing("reading test questions")
def load_own(source: str, languages: Sequence[str], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Test examples by two-letter code, in the order of `languages`: every question (see `xlingual.data.scorable`).

    Args:
        source: path with `{language}` in place of a code.
        languages: codes of two or three letters.
        paragraphs: number of paragraphs of each language, spread evenly over its file; None for all.

    Raises:
        DataError: when no file matches, a language is missing, or a question cannot be scored.
    """
    questions = stated_questions(source, languages)
    files = files_of(source)
    return examples_by_language(source, {code: files[code].name for code in questions}, questions, paragraphs)


def load_crossed(source: str, pairs: Sequence[tuple[str, str]], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Examples of two languages by `CONTEXT-QUESTION`, where both languages have the same ids.

    Raises:
        DataError: see `load_own` and `crossed`.
    """
    return crossed(source, load_own(source, languages_in(pairs), paragraphs), pairs)


def languages_of(source: str) -> list[str]:
    """The languages whose files match.

    Raises:
        DataError: when there are none.
    """
    found = list(files_of(source))
    if not found:
        if alone := file_alone(source):
            raise DataError(f"{alone}: no such file, or {source!r} ends in no language code; write PATH{{fi}}")
        raise DataError(f"{source}: {_no_file(source)}; {LANGUAGE} takes the place of a code such as fi or fin")
    return found


def stated_questions(source: str, languages: Sequence[str]) -> dict[str, list[Question]]:
    """Every question by two-letter code, as stated in the files; takes the arguments of `load_own`.

    Raises:
        DataError: when no file matches, or a language is missing or malformed.
    """
    there = languages_of(source)
    codes = asked_codes(source, languages)
    missing = [code for code in codes if code not in there]
    if missing:
        raise DataError(
            f"{source}: asked for the test languages {', '.join(codes)}; no file for {', '.join(missing)}, there are "
            f"files for {', '.join(there)}; add the files or leave these languages out"
        )
    files = files_of(source)
    return {code: questions_of_file(files[code]) for code in codes}


def _no_file(pattern: str) -> str:
    folder = Path(pattern).expanduser()
    while LANGUAGE in str(folder):
        folder = folder.parent
    if not folder.is_dir():
        return f"no file matches, and there is no directory {folder.absolute()}"
    return f"no file matches, found {contents(folder, 20)} in {folder}"
