"""What a first study is about: from flags, from a few questions, or from defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from xlingual.errors import XlingualError
from xlingual.languages import name as name_of_language
from xlingual.languages import two_letter
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.benchmarks.own import is_file, is_pattern
from xlingual.task_metrics import SQUAD

TRAIN, TEST, FAQ = "rajpurkar/squad", "xquad", "PaDaS-Lab/webfaq"
SMALL_MODEL, BASE_MODEL = "intfloat/multilingual-e5-small", "FacebookAI/xlm-roberta-base"

Ask = Callable[[str, str], str]
"""Given a question and the answer to suggest, returns the user's."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user said; "" where nothing, until `asked_of` fills it in.

    Attributes:
        name: of the study.
        question: what it asks.
        model: hub id or directory.
        train: hub id, file or directory.
        source_language: of the training data.
        test: name of a test set, hub id, directory, file, or a path with `{language}`.
        languages: tested ones by two-letter code; empty for all of the test set.
        faq: hub id, file or directory; None for no FAQ pages.
        gpus: of this machine, that trials shall use.
    """

    name: str
    question: str = ""
    model: str = ""
    train: str = ""
    source_language: str = ""
    test: str = ""
    languages: tuple[str, ...] = ()
    faq: str | None = ""
    gpus: int = 0


def asked_of(given: Answers, ask: Ask | None) -> Answers:
    """Complete what was given.

    Args:
        given: what flags said.
        ask: asks the user for what is missing; None takes the suggestions.

    Raises:
        XlingualError: for an answer that is none.
    """
    asked: Ask = ask or (lambda _, suggestion: suggestion)
    answers = replace(given, train=given.train or asked("Training data: a hub id, or a file in SQuAD's format", TRAIN))
    language = given.source_language or (asked("Its language", "en") if is_local(answers.train) else "en")
    answers = replace(answers, source_language=_code(language, "--source-language"))
    test = given.test or asked("Test set: its name, or your own file (or files, with {language} for the code)", TEST)
    answers = replace(answers, test=_checked_test(test))
    if not given.languages and ask is not None:
        suggestion = "" if is_file(answers.test) else "all"
        answers = replace(answers, languages=codes(asked("Languages to test, such as fi,sw", suggestion)))
    if is_file(answers.test) and len(answers.languages) != 1:
        raise XlingualError(
            f"--test {answers.test}: is one file, whose language has to be known; write --language with one code, or a "
            "path with {language} in the place of the code"
        )
    faq = (
        asked("FAQ pages: a hub id, or your own file or directory; none for none", FAQ)
        if given.faq == ""
        else given.faq
    )
    answers = replace(answers, faq=None if faq in (None, "none") else faq)
    model = BASE_MODEL if given.gpus else SMALL_MODEL
    answers = replace(answers, model=_checked_model(given.model or asked("Model: a hub id or a directory", model)))
    return replace(answers, question=given.question or asked("Question of the study", _question(answers)))


def codes(written: str) -> tuple[str, ...]:
    """Two-letter codes of a list such as `fi,swa`; none for `all`.

    Raises:
        XlingualError: for an unknown code.
    """
    found = [code.strip() for code in written.split(",") if code.strip()]
    return () if found in ([], ["all"]) else tuple(dict.fromkeys(_code(code, "--languages") for code in found))


def is_local(source: str) -> bool:
    """Whether a source names a file or directory that is there, or is meant to be."""
    return is_file(source) or is_pattern(source) or Path(source).expanduser().exists()


def _code(written: str, option: str) -> str:
    try:
        return two_letter(written)
    except XlingualError as error:
        raise XlingualError(f"{option}: {error}") from None


def _checked_test(test: str) -> str:
    if test in BENCHMARKS and BENCHMARKS[test].metrics.task != SQUAD.task:
        raise XlingualError(
            f"--test {test}: has pairs of sentences, and `init` writes studies of questions; copy the one of "
            "studies/claims/ that has it"
        )
    return test


def _checked_model(model: str) -> str:
    looks_local = model.startswith((".", "/", "~")) or model.count("/") > 1
    if looks_local and not Path(model).expanduser().is_dir():
        raise XlingualError(f"--model {model}: no such directory; write a hub id, or a directory with a checkpoint")
    return model


def _question(answers: Answers) -> str:
    named = [name_of_language(code) for code in answers.languages]
    there = ", ".join(named) if 0 < len(named) <= 3 else "the tested languages"
    treatment = "FAQ pages or noise on the word embeddings" if answers.faq else "noise on the word embeddings"
    verb = "Do" if answers.faq else "Does"
    plain = name_of_language(answers.source_language)
    return f"{verb} {treatment} raise F1 in {there} over training on {plain} questions alone?"
