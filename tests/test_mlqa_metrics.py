"""MLQA's and SQuAD's metrics are those of their definitions, on every file of real data and by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import definitions
import pytest

from xlingual import metrics
from xlingual.data.stated_questions import questions_of_file
from xlingual.errors import DataError
from xlingual.metrics import mlqa

NAMES = {"english": "en", "arabic": "ar", "finnish": "fi", "korean": "ko", "russian": "ru", "swahili": "sw"}


def perturbed(answers: Sequence[str], context: str, number: int) -> str:
    """A prediction made of a gold answer, in one of ten ways."""
    gold = answers[number % len(answers)]
    words = gold.split()
    return (
        gold,
        gold.upper(),
        f"The {gold}.",
        f"«{gold}»，",
        " ".join(words[1:]) or gold[:-1],
        " ".join(reversed(words)),
        context[max(0, context.find(gold) - 9) : context.find(gold) + len(gold) + 7],
        gold[: len(gold) // 2 + 1],
        f"{gold} {gold}",
        "",
    )[number % 10]


def language_of(file: Path) -> str:
    if file.name.endswith(("_dev.json", "_train.json")):
        return NAMES[file.name.split("_")[0]]
    return file.name.split("-context-")[1][:2] if "-context-" in file.name else file.name.split(".")[1]


def cases(file: Path, step: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A prediction for each `step`-th question, and the question's answers."""
    for number, question in enumerate(questions_of_file(file)):
        if number % step == 0:
            yield perturbed(question.answers, question.context, number), question.answers


def files(shared: Path) -> list[Path]:
    data = shared / "data"
    found = [*data.glob("mlqa/dev/*.json"), *data.glob("tydiqa_goldp/*.json"), *data.glob("xquad/*.json")]
    return sorted(found)


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.real)])
def test_every_file_has_the_scores_of_the_definitions(shared: Path, step: int) -> None:
    """The default run takes each eleventh question, in all ten ways and every language."""
    everything = files(shared)
    assert len(everything) == 13 + 7 + 12
    for file in everything:
        language = language_of(file)
        words = partial(definitions.mlqa_words, language=language)
        different = 0
        for prediction, golds in cases(file, step):
            where = f"{file.name}: {prediction!r} for {golds!r}"
            assert metrics.exact_match(prediction, golds) == definitions.exact(
                definitions.squad_words, prediction, golds
            ), where
            squad = metrics.f1(prediction, golds)
            assert squad == pytest.approx(definitions.f1(definitions.squad_words, prediction, golds)), where
            if language not in mlqa.LANGUAGES:
                continue
            assert mlqa.exact_match(prediction, golds, language) == definitions.exact(words, prediction, golds), where
            score = mlqa.f1(prediction, golds, language)
            assert score == pytest.approx(definitions.f1(words, prediction, golds)), where
            different += score != squad
        assert (different > 0) == (language in mlqa.LANGUAGES), file


@pytest.mark.parametrize(
    ("language", "text", "normalised"),
    [
        ("en", "The Cat's «an» hat—", "cats hat"),
        ("es", "El perro y las casas", "perro y casas"),
        ("de", "Die größte der Städte", "größte städte"),
        ("vi", "Những con mèo của tôi", "con mèo tôi"),
        ("ar", "والكتاب، الجديد", "و كتاب جديد"),
        ("hi", "यह एक घर है।", "यह एक घर है"),
        ("zh", "《长城》建于 the year 220年", "长 城 建 于 the year 220 年"),
        ("zh", "北京\u3000ABC，上海", "北 京 abc 上 海"),
    ],
)
def test_the_normalisation_is_that_of_the_language(language: str, text: str, normalised: str) -> None:
    assert mlqa.normalize_answer(text, language) == normalised
    assert definitions.mlqa_words(text, language) == normalised.split()


def test_chinese_has_partial_credit_that_squads_f1_has_not() -> None:
    assert metrics.f1("长城东", ["长城"]) == 0.0
    assert mlqa.f1("长城东", ["长城"], "zh") == pytest.approx(0.8)


def test_two_empty_answers_match_exactly_and_have_no_words_in_common() -> None:
    assert mlqa.exact_match("the", ["..."], "en") == 1.0 and mlqa.f1("the", ["..."], "en") == 0.0


def test_another_language_is_refused() -> None:
    with pytest.raises(DataError, match=r"defined in en, es, vi, de, ar, hi, zh, not in fi; a test set of your own"):
        mlqa.f1("a", ["a"], "fi")
    with pytest.raises(DataError, match="must be a list"):
        mlqa.f1("a", "a", "en")
    with pytest.raises(DataError, match="no answer"):
        mlqa.exact_match("a", [], "en")
