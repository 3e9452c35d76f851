"""A first study file: whatever was answered, it is valid, and says what was answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_task

from xlingual.errors import XlingualError
from xlingual.starter import Answers, asked_of, codes, first_study, look_at
from xlingual.study import Study, plan
from xlingual.study.loader import document_of
from xlingual.study.study_file import study_of


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a user's own files, in which commands are given; names with spaces and in other scripts."""
    tiny_task.write_data(tmp_path / "data")
    (tmp_path / "data" / "xquad" / "xquad.de.json").rename(tmp_path / "data" / "koe testi.json")
    (tmp_path / "data" / "faq" / "deu.jsonl").rename(tmp_path / "data" / "usein kysyttyä.jsonl")
    monkeypatch.chdir(tmp_path / "data")
    return tmp_path / "data"


def made(**answers: object) -> tuple[Study, str]:
    """The study of some answers and defaults, and its text."""
    given = asked_of(Answers("first", **answers), None)  # type: ignore[arg-type]
    text = first_study(given, look_at(given))
    return study_of(document_of(text, "first.yaml")), text


@pytest.mark.parametrize("gpus", [0, 2])
@pytest.mark.parametrize("model", ["", "google/mt5-small"])
@pytest.mark.parametrize("faq", ["", "none"])
def test_defaults_make_a_study_on_the_hub_that_suits_the_machine(gpus: int, model: str, faq: str) -> None:
    study, text = made(gpus=gpus, model=model, faq=faq)
    assert text.startswith("# yaml-language-server: $schema=xlingual.schema.json\n")
    assert study.model == (model or ("FacebookAI/xlm-roberta-base" if gpus else "intfloat/multilingual-e5-small"))
    assert list(study.arms) == (["baseline", "noise"] if faq else ["baseline", "faq_pages", "noise"])
    assert (study.data.train, study.data.test.source) == ("rajpurkar/squad", "google/xquad")
    assert study.scaling.gpus_per_worker == min(gpus, 1)
    assert study.training.updates == (1000 if gpus else 40)
    planned = plan(study)
    assert planned.trials == 8 * len(study.arms) and planned.replicates == 4 * len(study.arms)
    assert not any("too few" in note for note in planned.notes)


def test_the_text_of_a_study_on_own_files(own: Path, by_letter: Callable[..., None]) -> None:
    study, text = made(
        model="some/encoder", train="train.json", test="koe testi.json", faq="usein kysyttyä.jsonl", languages=("fi",)
    )
    assert study.data.test.headline.languages == ("fi",)
    assert study.data.test.source == "koe testi.json{fi}"
    assert study.data.faq is not None and study.data.faq.source == "usein kysyttyä.jsonl"
    assert study.data.faq.languages == ("fi",)
    by_letter(text)


def test_what_was_read_is_said(own: Path) -> None:
    given = asked_of(
        Answers("a", train="train.json", test="koe testi.json", faq="usein kysyttyä.jsonl", languages=("fi",)), None
    )
    assert look_at(given).lines == (
        "train.json: 150 questions on 30 articles to train and develop on",
        "koe testi.json: 20 questions in fi to test on",
        "usein kysyttyä.jsonl: 60 pairs in fi of 1 site",
    )


def test_own_files_may_be_of_several_languages_and_the_training_data_of_another(own: Path) -> None:
    (own / "usein kysyttyä.jsonl").rename(own / "faq" / "swa.jsonl")
    for code in ("fi", "sw"):
        (own / f"t.{code}.json").write_bytes((own / "koe testi.json").read_bytes())
    study, _ = made(train="train.json", source_language="fi", test="t.{language}.json", faq="faq")
    assert study.data.source_language == "fi"
    assert study.data.test.headline.languages == ("fi", "sw")
    assert study.data.faq is not None and study.data.faq.languages == ("sw",)


def test_only_what_was_not_given_is_asked(own: Path) -> None:
    asked: list[str] = []

    def ask(question: str, suggestion: str) -> str:
        asked.append(question.partition(":")[0])
        return {"Languages to test, such as fi,sw": "fi"}.get(question, suggestion)

    answers = asked_of(Answers("a", train="train.json", test="koe testi.json", gpus=1), ask)
    assert asked == [
        "Its language", "Languages to test, such as fi,sw", "FAQ pages", "Model", "Question of the study",
    ]  # fmt: skip
    assert answers.languages == ("fi",)
    assert answers.question == (
        "Do FAQ pages or noise on the word embeddings raise F1 in Finnish over training on English questions alone?"
    )
    assert asked_of(answers, ask) == answers and len(asked) == 5


@pytest.mark.parametrize(
    "given",
    [
        {"train": "absent.json"},
        {"train": "broken.json"},
        {"test": "koe testi.json"},
        {"test": "pawsx"},
        {"languages": ("fi",)},
        {"faq": "few columns.jsonl", "test": "koe testi.json", "languages": ("fi",)},
        {"faq": "usein kysyttyä.jsonl"},
        {"faq": "faq", "test": "koe testi.json", "languages": ("fi",)},
        {"model": "./absent"},
        {"source_language": "suomi"},
        {"name": "my study"},
    ],
    ids=str,
)
def test_an_answer_that_is_none_is_told_in_a_line(
    own: Path, given: dict[str, object], by_letter: Callable[..., None]
) -> None:
    (own / "broken.json").write_text('{"data": [')
    (own / "few columns.jsonl").write_text(json.dumps({"question": "Miksi?", "answer": "Siksi."}) + "\n")
    with pytest.raises(XlingualError) as told:
        answers = asked_of(Answers(**{"name": "a", **given}), None)  # type: ignore[arg-type]
        first_study(answers, look_at(answers))
    by_letter(str(told.value).replace(str(own), "FOLDER"), str(given))


def test_codes_are_read_as_a_user_writes_them() -> None:
    assert codes("fi, swa,fin") == ("fi", "sw")
    assert codes("all") == codes("") == ()


@pytest.mark.parametrize("question", ['Is "this" right?', "Q: a #1 test\twith {all}?", "是吗?", "no", "a\\b\nc"])
def test_any_question_is_read_back_as_it_was_given(question: str) -> None:
    assert made(question=question)[0].question == question
