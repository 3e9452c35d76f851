"""The user's own files, read once before a study on them is written: a mistake in them is told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlingual.activity import doing
from xlingual.data.location import local_path
from xlingual.errors import DataError
from xlingual.starter.answers import Answers, is_local
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.benchmarks.own import files_of, is_file, is_pattern, of_language

if TYPE_CHECKING:
    from xlingual.data.examples import ExampleSet


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """What is the user's own among the data of a study, and what is in it.

    Attributes:
        train: whether the training data is.
        test: whether the test set is.
        faq_languages: languages of the FAQ pages, if they are the user's own.
        lines: what was read, for the user.
    """

    train: bool
    test: bool
    faq_languages: tuple[str, ...]
    lines: tuple[str, ...]


def look_at(answers: Answers) -> OwnFiles:
    """Read the files that are the user's own.

    Raises:
        DataError: when one is missing or malformed, or too small to be used.
    """
    lines = []
    own_train, own_test = is_local(answers.train), answers.test not in BENCHMARKS and is_local(answers.test)
    if own_train:
        lines.append(_train(answers))
    if own_test:
        lines += _test(answers)
    own_faq = answers.faq is not None and local_path(answers.faq) is not None
    languages = _faq_languages(answers) if own_faq else ()
    if own_faq:
        lines += _faq(answers, languages)
    return OwnFiles(own_train, own_test, languages, tuple(lines))


def tested(answers: Answers) -> tuple[str, ...]:
    """The languages of a study's test set; of an unknown one those that were named."""
    if answers.languages:
        return answers.languages
    if is_pattern(answers.test):
        return tuple(files_of(answers.test))
    return BENCHMARKS[answers.test].languages if answers.test in BENCHMARKS else BENCHMARKS["xquad"].languages


def _train(answers: Answers) -> str:
    from xlingual.data.development import hold_out_articles
    from xlingual.data.squad import load_squad

    with doing(f"reading {answers.train}"):
        training, development = hold_out_articles(load_squad(answers.train, language=answers.source_language))
    articles = len({one.title or one.context for one in (*training.examples, *development.examples)})
    return f"{answers.train}: {_questions(training, development)} on {articles:,} articles to train and develop on"


def _test(answers: Answers) -> list[str]:
    from xlingual.data.test_sets.own import languages_of, load_own

    if is_file(answers.test):
        pattern = of_language(answers.test, answers.languages[0])
    elif is_pattern(answers.test):
        pattern = answers.test
    else:
        return []  # a directory in a benchmark's layout, which `validate` looks at
    with doing(f"reading {answers.test}"):
        sets = load_own(pattern, answers.languages or languages_of(pattern))
    return [f"{answers.test}: {_questions(each)} in {code} to test on" for code, each in sets.items()]


def _faq_languages(answers: Answers) -> tuple[str, ...]:
    """Tested languages that the user's FAQ pages have: all of a file's, else those with a file in the directory."""
    from xlingual.data.faq.sampling import language_tables

    assert answers.faq is not None
    others = tuple(code for code in tested(answers) if code != answers.source_language) or tested(answers)
    if is_file(answers.faq) or answers.faq.endswith(".parquet"):
        if len(others) != 1:
            raise DataError(
                f"--faq {answers.faq}: is one file, whose language has to be known; write --language with one code, or "
                "name a directory with a file for each language, such as fin.jsonl"
            )
        return others
    found = []
    for code in others:
        try:
            found += list(language_tables(answers.faq, [code]))
        except DataError:
            continue
    if not found:
        language_tables(answers.faq, others)  # says what is there
    return tuple(found)


def _faq(answers: Answers, languages: tuple[str, ...]) -> list[str]:
    from xlingual.data.faq.sampling import faq_rows

    assert answers.faq is not None
    lines = []
    with doing(f"reading {answers.faq}"):
        for code in languages:
            rows = list(faq_rows(answers.faq, code, rows=10**9))
            if not rows:
                raise DataError(f"{answers.faq}: no row in {code} has both a question and an answer; add some")
            sites = len({row.origin for row in rows})
            lines.append(f"{answers.faq}: {len(rows):,} pairs in {code} of {sites:,} site{'s' if sites > 1 else ''}")
    return lines


def _questions(*parts: ExampleSet) -> str:
    return f"{sum(map(len, parts)):,} questions"
