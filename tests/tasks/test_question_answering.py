"""The record of an answer, and means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.examples import Example
from xlingual.data.scripts import UNSPACED_SCRIPTS, main_script
from xlingual.errors import DataError
from xlingual.languages import UNSPACED
from xlingual.tasks import Candidate
from xlingual.tasks.question_answering import answer_rows, file_scores, mean_scores

WEATHER = "天氣很好"


def example(language: str, gold: str, identifier: str = "1") -> Example:
    return Example(identifier, "?", gold, (gold,), (0,), language)


def rows(language: str, gold: str, *predictions: str) -> list[dict[str, Any]]:
    examples = [example(language, gold, str(number)) for number in range(len(predictions))]
    return answer_rows(examples, {n: [Candidate(0.0, text)] for n, text in enumerate(predictions)})


def squad(directory: Path, *golds: Any) -> Path:
    questions = [{"id": str(n), "answers": [{"text": text, "answer_start": 0}]} for n, text in enumerate(golds)]
    path = directory / "gold.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [{"context": "x", "qas": questions}]}]}), encoding="utf-8")
    return path


def test_languages_without_spaces_have_character_f1_beside_the_official_numbers() -> None:
    partly, fully = rows("zh", WEATHER, "天氣好", WEATHER)
    assert (partly["exact_match"], partly["f1"]) == (0.0, 0.0)
    assert partly["character_f1"] == pytest.approx(85.714, abs=1e-3)
    assert fully["character_f1"] == fully["f1"] == 100.0
    assert mean_scores([partly, fully]) == {
        "exact_match": 50.0,
        "f1": 50.0,
        "character_f1": pytest.approx(92.857, abs=1e-3),
        "questions": 2,
    }


@pytest.mark.parametrize("language", ["en", "ko", "vi", "de"])
def test_languages_with_spaces_have_none(language: str) -> None:
    (row,) = rows(language, WEATHER, WEATHER)
    assert "character_f1" not in row and "character_f1" not in mean_scores([row])


def test_rows_of_which_some_have_no_character_f1_have_no_mean_of_it() -> None:
    with_it, without = rows("zh", WEATHER, WEATHER) + rows("en", "dog", "dog")
    assert "character_f1" not in mean_scores([with_it, without])


def test_no_question_has_no_mean() -> None:
    with pytest.raises(DataError, match="no question to score"):
        mean_scores([])


@pytest.mark.parametrize(
    ("golds", "answers", "characters"),
    [
        ([WEATHER], {"0": "天氣好"}, 600 / 7),
        (["อากาศดีมาก"], {"0": "อากาศดี"}, 1400 / 17),
        ([WEATHER, "1802"], {"1": "1802"}, 50.0),
        (["晴れている"], {"0": "晴れている"}, 100.0),
        (["ສະບາຍດີ"], {}, 0.0),
        (["good weather", "NATO 天"], {"0": "good"}, None),
        (["좋은 날씨"], {"0": "날씨"}, None),
        (["1802"], {"0": "1802"}, None),
    ],
)
def test_a_file_has_character_f1_where_most_letters_of_its_golds_are_of_a_script_without_spaces(
    tmp_path: Path, golds: list[str], answers: dict[str, str], characters: float | None
) -> None:
    scores = file_scores(squad(tmp_path, *golds), answers)
    assert scores.pop("character_f1", None) == (None if characters is None else pytest.approx(characters))
    assert set(scores) == {"exact_match", "f1"}


def test_ids_that_are_numbers_or_hold_half_a_character_are_those_of_the_answers(tmp_path: Path) -> None:
    questions = [{"id": number, "answers": [{"text": "dog"}]} for number in (7, "8", "n\ud83d")]
    path = tmp_path / "gold.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [{"qas": questions}]}]}), encoding="utf-8")
    assert file_scores(path, {"7": "dog", "8": "dog", "n\ud83d": "dog"}) == {"exact_match": 100.0, "f1": 100.0}


def test_questions_without_an_answer_are_told_and_answers_to_none_are_no_score_of_0(tmp_path: Path) -> None:
    path, told = squad(tmp_path, "dog", "cat"), list[str]()
    assert file_scores(path, {"0": "dog"}, told.append)["f1"] == 50.0
    assert file_scores(path, {"0": "dog", "1": "cat", "2": "bird"}, told.append)["f1"] == 100.0
    assert told == ["1 of 2 questions has no answer and scores 0: 1"]
    with pytest.raises(DataError, match=r"none of the 1 answers belongs to its questions; found a, looked for 0, 1"):
        file_scores(path, {"a": "dog"})


def test_flat_rows_are_scored_too(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    rows = [{"id": n, "answers": {"text": ["dog", "cat"], "answer_start": [0, 0]}} for n in range(2)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert file_scores(path, {"0": "cat"}) == {"exact_match": 50.0, "f1": 50.0}


def test_golds_that_cannot_be_scored_are_one_error_with_file_and_ids(tmp_path: Path, by_letter: Any) -> None:
    answers = {7: [], 8: [{"text": " "}, {"text": ""}], 9: [{"text": "dog"}], "9": [{"text": "cat"}], 10: None}
    questions = [{"id": identifier, "answers": golds} for identifier, golds in answers.items()]
    path = tmp_path / "gold.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [{"qas": questions}]}]}), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        file_scores(path, {"7": ""})
    told = str(refused.value)
    assert told.startswith(f"{path}: 4 questions cannot be scored: ") and "(7, 8, 10)" in told and "(9)" in told
    by_letter(told.replace(str(path), "FILE"))


def test_scripts_without_spaces_are_those_of_the_languages() -> None:
    texts = {
        **{"bo": "བོད", "dz": "རྫོང", "ja": "これ", "km": "ខ្មែរ", "lo": "ລາວ", "my": "မြန်မာ", "th": "ไทย"},
        **{"wuu": "吴语", "yue": "粵語", "zh": "中文"},
    }
    assert set(texts) == UNSPACED
    assert {main_script(text) for text in texts.values()} == UNSPACED_SCRIPTS
