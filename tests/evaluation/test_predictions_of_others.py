from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import DataError
from xlingual.evaluation.prediction_files import read_predictions
from xlingual.study.benchmarks import BENCHMARKS

GERMAN, SPANISH = {"1": "rot", "2": "blau"}, {"1": "rojo"}


def written(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_all_layouts_say_the_same(tmp_path: Path) -> None:
    by_language = written(tmp_path / "all.json", {"spa": SPANISH, "de": GERMAN})
    folder = tmp_path / "folder"
    written(folder / "de.json", GERMAN)
    written(folder / "es.jsonl", json.dumps({"id": "1", "prediction": "rojo", "f1": 0}) + "\n")
    written(folder / "evaluation.json", {"model": "m"})
    one, other = (read_predictions(path, BENCHMARKS["xquad"], "all") for path in (by_language, folder))
    assert one == other
    assert list(one.answers.items()) == [("de", GERMAN), ("es", SPANISH)]
    written(folder / "es.jsonl", json.dumps({"id": 1, "prediction": "rojo"}))  # like ids of questions
    assert read_predictions(folder, BENCHMARKS["xquad"], "all") == one
    german = read_predictions(written(tmp_path / "flat.json", GERMAN), BENCHMARKS["xquad"], "deu")
    assert german.answers == {"de": GERMAN} == read_predictions(by_language, BENCHMARKS["xquad"], "de").answers


def test_a_line_ends_at_a_line_feed_alone(tmp_path: Path) -> None:
    rows = [{"id": "1", "prediction": "rot\u2028blau\x85"}, {"id": "2", "prediction": "a"}]
    written(tmp_path / "de.jsonl", "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\r\n")
    found = read_predictions(tmp_path, BENCHMARKS["xquad"], "all").answers
    assert found == {"de": {"1": "rot\u2028blau\x85", "2": "a"}}


def test_the_fingerprint_is_of_all_answers_whatever_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "all.json", {"es": SPANISH, "de": GERMAN})
    whole = read_predictions(path, BENCHMARKS["xquad"], "all").fingerprint
    assert read_predictions(path, BENCHMARKS["xquad"], "de").fingerprint == whole
    written(path, {"de": GERMAN, "es": {"1": "roja"}})
    assert read_predictions(path, BENCHMARKS["xquad"], "de").fingerprint != whole


@pytest.mark.parametrize(
    ("content", "languages", "said"),
    [
        (GERMAN, "all", "not which language they are in; write that one, such as --languages de"),
        (GERMAN, "de,es", "write that one, such as"),
        ({"de": GERMAN}, "de,es", "no answers in es, there are some in de; write --languages de"),
        ({"de": GERMAN, "en": GERMAN}, "es", "no answers in es, there are some in de, en; write --languages de,en"),
        ({"de": GERMAN, "note": "x"}, "all", "'note' is no language"),
        ({"de": GERMAN, "es": "x"}, "all", "es: no JSON object with answers"),
        ({"1": 2.0}, "de", "the answer to '1' is no text"),
        ({"de": {"1": None}}, "all", "de: the answer to '1' is no text"),
        ([], "all", "no JSON object with answers"),
        ({}, "all", "no JSON object with answers"),
        ("{", "all", "predictions.json:1: not JSON"),
        ({"deu": GERMAN, "es": SPANISH, "de": {"1": "rosa"}}, "all", "two sets of answers in de (deu, de)"),
        ('{"1": "rot", "1": "rosa"}', "de", "the key '1' occurs twice"),
        ('{"de": {"1": "rot"}, "de": {"1": "rosa"}}', "all", "the key 'de' occurs twice"),
        ({"1": "\ud800"}, "de", "the answer to '1' holds half of a character"),
        ({"de": {"\udfff": "rot"}}, "all", "the answer to '\\udfff' holds half of a character"),
    ],
)
def test_another_layout_is_one_line(tmp_path: Path, content: Any, languages: str, said: str) -> None:
    path = written(tmp_path / "predictions.json", content)
    with pytest.raises(DataError) as refused:
        read_predictions(path, BENCHMARKS["xquad"], languages)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_absent_files_and_broken_rows_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.json: cannot be read"):
        read_predictions(tmp_path / "absent.json", BENCHMARKS["xquad"], "all")
    with pytest.raises(DataError, match=r"no CODE\.json or CODE\.jsonl in it"):
        read_predictions(tmp_path, BENCHMARKS["xquad"], "all")
    written(tmp_path / "de.jsonl", '{"id": "1", "prediction": "rot"}\n{"id": "2"}\n')
    with pytest.raises(DataError, match=r"de\.jsonl:2: no answer"):
        read_predictions(tmp_path, BENCHMARKS["xquad"], "all")


def test_two_answers_to_one_question_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "one" / "de.jsonl", 2 * '{"id": "1", "prediction": "rot"}\n')
    with pytest.raises(DataError, match=r"de\.jsonl:2: a second answer to '1'"):
        read_predictions(path.parent, BENCHMARKS["xquad"], "all")
    written(tmp_path / "two" / "de.json", GERMAN)
    written(tmp_path / "two" / "deu.json", {"1": "rosa"})
    with pytest.raises(DataError, match=r"two sets of answers in de \(de, deu\)"):
        read_predictions(tmp_path / "two", BENCHMARKS["xquad"], "all")
    written(tmp_path / "three" / "de.jsonl", '{"id": "1", "prediction": "\\ud83d"}\n')
    with pytest.raises(DataError, match="half of a character"):
        read_predictions(tmp_path / "three", BENCHMARKS["xquad"], "all")
    whole = written(tmp_path / "four" / "de.json", '{"1": "\\ud83d\\ude00"}')
    assert read_predictions(whole.parent, BENCHMARKS["xquad"], "all").answers == {"de": {"1": "\U0001f600"}}


@pytest.mark.parametrize("name", ["answers.json", "de.jsonl"])
def test_a_label_that_is_no_text_is_told_what_labels_are(tmp_path: Path, name: str) -> None:
    rows = {"id": "7", "prediction": 1} if name == "de.jsonl" else {"7": 1}
    path = written(tmp_path / name, rows)
    with pytest.raises(DataError, match=r'a label, as text: "0" .or "different_meaning".*, "1" .or "paraphrase".'):
        read_predictions(tmp_path if name == "de.jsonl" else path, BENCHMARKS["pawsx"], "de")
