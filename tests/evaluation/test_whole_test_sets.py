"""Every question of a language counts when scoring a checkpoint or third-party predictions."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import DataError
from xlingual.evaluation.checkpoint_evaluation import evaluate_checkpoint
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.evaluation.given_answers import evaluate_predictions
from xlingual.evaluation.result import means
from xlingual.records.files import read_json

ANSWERS = {"517": "Ông Nguyễn Đức", "518": "mùa xuân"}

Change = Callable[[Callable[[dict[str, Any], dict[str, Any]], None]], None]


@pytest.fixture
def change(asked: EvaluationRequest, tmp_path: Path) -> Change:
    """Change the German questions, each with its paragraph, in a copy of the test set of `asked`."""
    source = Path(asked.data or "")
    for file in source.iterdir():
        (tmp_path / "changed").mkdir(exist_ok=True)
        (tmp_path / "changed" / file.name).write_bytes(file.read_bytes())

    def changed(how: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        file = tmp_path / "changed" / "xquad.de.json"
        content = read_json(file)
        for article in content["data"]:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    how(paragraph, question)
        file.write_text(json.dumps(content))

    return changed


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"de": ANSWERS}))
    return path


def decomposed(paragraph: dict[str, Any], question: dict[str, Any]) -> None:
    """Give a question an answer in Unicode form NFC, on a context in NFD."""
    if question["id"] in ANSWERS:
        answer = ANSWERS[question["id"]]
        paragraph["context"] = unicodedata.normalize("NFD", f"{answer}. {paragraph['context']}")
        question["answers"] = [{"text": answer, "answer_start": 0}]


def without_gold(_: dict[str, Any], question: dict[str, Any]) -> None:
    if question["id"] in ANSWERS:
        question["answers"] = [{"text": "", "answer_start": 0}]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_answers_count_in_the_golds_unicode_form_and_in_the_contexts(
    asked: EvaluationRequest, change: Change, given: Path, tmp_path: Path, form: Any
) -> None:
    change(decomposed)
    given.write_text(json.dumps({"de": {key: unicodedata.normalize(form, text) for key, text in ANSWERS.items()}}))
    evaluation = evaluate_predictions(None, given, replace(asked, data=str(tmp_path / "changed"), languages="de"))
    assert (evaluation.scores["de"]["questions"], evaluation.scores["de"]["exact_match"]) == (20, 10.0)
    assert evaluation.scores["de"]["unknown"] == 0
    assert not any("to none of the questions" in note for note in evaluation.notes)
    assert "de: gold answers of 2 of 20 questions are in their contexts in another" in evaluation.notes[0]
    assert evaluation.as_json()["notes"][0] == evaluation.notes[0]


@pytest.mark.parametrize("who", ["checkpoint", "others"])
def test_questions_without_a_gold_answer_are_refused_before_any_is_answered(
    asked: EvaluationRequest, change: Change, given: Path, headed: Path, tmp_path: Path, who: str
) -> None:
    change(without_gold)
    asked = replace(asked, data=str(tmp_path / "changed"))

    def refuse(*_: Any) -> Any:
        raise AssertionError("nobody is asked")

    with pytest.raises(DataError, match=r"2 questions cannot be scored: xquad\.de\.json \(de\): .*\(517, 518\)"):
        if who == "checkpoint":
            evaluate_checkpoint(str(headed), asked, crew=refuse)
        else:
            evaluate_predictions(None, given, replace(asked, languages="de"))
    assert asked.keep is not None and not asked.keep.exists()


def test_languages_of_different_numbers_of_questions_are_said_with_their_mean(
    asked: EvaluationRequest, headed: Path
) -> None:
    """Results in one folder may have different limits."""
    evaluate_checkpoint(str(headed), replace(asked, languages="de", limit=7))
    evaluate_checkpoint(str(headed), replace(asked, languages="es"))
    assert asked.keep is not None
    (mean,) = read_json(asked.keep / "evaluation.json")["means"]
    assert mean["over"] == "2 non-English languages, without Romanian, of 7 to 20 questions each"
    same = {code: {"f1": 50.0, "questions": 7} for code in ("de", "es")}
    assert "questions" not in means(asked.benchmark, same)[0].over
