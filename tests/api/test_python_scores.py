"""`xlingual.score` and `xlingual.evaluate` give what the commands print."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xlingual

GOLD = {"1": ["the red cat", "a dog"], "2": ["dog"]}
SQUAD = {"data": [{"paragraphs": [{"context": "a b", "qas": [
    {"id": key, "question": "?", "answers": [{"text": text, "answer_start": 0} for text in texts]}
    for key, texts in GOLD.items()
]}]}]}  # fmt: skip
ANSWERS = {"1": "Red cat house", "2": "Dog"}
EXPECTED = {"exact_match": 50.0, "f1": pytest.approx(90.0)}


def test_score_takes_dicts_in_every_format_and_files(tmp_path: Path, call: Callable[..., Any]) -> None:
    (tmp_path / "gold.json").write_text(json.dumps(SQUAD))
    (tmp_path / "answers.json").write_text(json.dumps(ANSWERS))
    printed = json.loads(call("score", tmp_path / "gold.json", tmp_path / "answers.json").output)
    assert printed == EXPECTED
    rows = [{"id": key, "answers": {"text": texts, "answer_start": [0] * len(texts)}} for key, texts in GOLD.items()]
    for gold in (GOLD, SQUAD, rows, tmp_path / "gold.json", str(tmp_path / "gold.json")):
        for answers in (ANSWERS, tmp_path / "answers.json"):
            assert xlingual.score(gold, answers) == printed
    assert xlingual.score({1: ["dog"]}, {1: "dog"}) == {"exact_match": 100.0, "f1": 100.0}


def test_score_adds_characters_where_words_have_no_spaces() -> None:
    assert xlingual.score({"1": ["北京市"]}, {"1": "北京"}) == {
        "exact_match": 0.0, "f1": 0.0, "character_f1": pytest.approx(80.0),
    }  # fmt: skip


def test_score_warns_of_questions_without_an_answer() -> None:
    with pytest.warns(UserWarning, match="1 of 2 questions has no answer and scores 0: 2") as caught:
        assert xlingual.score(GOLD, {"1": "a dog"}) == {"exact_match": 50.0, "f1": 50.0}
    assert caught[0].filename == __file__
    told: list[str] = []
    xlingual.score(GOLD, {"1": "a dog"}, told.append)
    assert told == ["1 of 2 questions has no answer and scores 0: 2"]


@pytest.mark.parametrize(
    ("gold", "answers", "message"),
    [
        ({}, {}, 'the gold answers: not in SQuAD format: no key "data" in the top level, found no keys'),
        ({"1": "dog"}, {"1": "dog"}, "the answers of a question must be a list of texts, found the text 'dog'"),
        ({"1": []}, {"1": "dog"}, "question '1' has no answer to score against"),
        ({"1": ["dog"]}, {"2": "dog"}, "none of the 1 answers belongs to its questions; found 2, looked for 1"),
        ({"1": ["dog"]}, ["dog"], "the predictions must be one JSON object"),
        ({"1": ["dog"]}, {"1": 3}, "found the number 3 for question '1'"),
        ({"1": ["dog"]}, "absent.json", "absent.json: cannot be read"),
        ("absent.json", {"1": "dog"}, "absent.json: "),
    ],
)
def test_score_refuses_in_one_line(gold: Any, answers: Any, message: str) -> None:
    with pytest.raises(xlingual.XlingualError) as refused:
        xlingual.score(gold, answers)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_evaluate_gives_the_values_of_the_command(
    toy: Any, tmp_path: Path, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = json.loads((toy.xquad / "xquad.de.json").read_text(encoding="utf-8"))["data"]
    asked = [question for article in rows for part in article["paragraphs"] for question in part["qas"]]
    answers = {one["id"]: one["answers"][0]["text"] if place % 3 else "" for place, one in enumerate(asked)}
    (tmp_path / "answers.json").write_text(json.dumps({"de": answers}))
    found = xlingual.evaluate("mine", data=toy.xquad, predictions="answers.json", keep="kept", progress="none")
    options = ("--data", toy.xquad, "--predictions", "answers.json", "--keep", "again", "--json")
    printed = json.loads(call("evaluate", "mine", *options).output)
    assert json.loads(json.dumps(found)) == printed | {"kept": "kept"}
    assert found["languages"]["de"]["exact_match"] == pytest.approx(
        100.0 * sum(map(bool, answers.values())) / len(asked)
    )
    assert "TOY" in repr(found) and "<table " in found._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to score"),
        ({"model": "x", "on": "squad"}, "write one of xquad"),
        ({"model": "x", "paragraphs": 0}, "--paragraphs: found '0'; write a number from 1 on, or all"),
        ({"model": "x", "source_language": "xx"}, "--source-language: unknown language 'xx'"),
        (
            {"predictions": "absent.json", "workers": 2},
            "--workers: answers of --predictions are scored by this process",
        ),
        ({"model": "x", "progress": "loud"}, "progress: found 'loud'; write one of auto, lines, json, none"),
        ({"model": "x", "languages": ["german"]}, "--languages: unknown language 'german'"),
    ],
)
def test_evaluate_refuses_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(xlingual.XlingualError) as refused:
        xlingual.evaluate(**{"progress": "none", **arguments})
    assert message in str(refused.value) and "\n" not in str(refused.value)
