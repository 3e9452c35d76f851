from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from xlingual.cli import app
from xlingual.errors import DataError

STUDY = """\
name: example
question: Does it help?
model: xlm-roberta-base
data:
  train: train.json
  test: google/xquad
  faq:
    source: {source}
    languages: [de]
    rows_per_language: 4
    filters: {{answer_length: {{min: 5}}, exact_duplicates: off, near_duplicates: off, boilerplate: off}}
training: {{updates: 10, learning_rate: {{log_uniform: [1e-5, 1e-4]}}}}
arms:
  baseline: {{baseline: true}}
search: {{trials_per_arm: 4}}
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "webfaq"
    folder.mkdir()
    records = [
        {
            "origin": "a.example",
            "url": "https://a.example/",
            "question": f"Was kostet Nummer {n}?",
            "answer": "Zehn Euro.",
        }
        for n in range(5)
    ]
    text = "\n".join(json.dumps(record) for record in records)
    (folder / "deu.jsonl").write_text(text, encoding="utf-8")
    return folder


def invoke(*arguments):
    result = CliRunner().invoke(app, ["data", "webfaq", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_json_holds_every_count(source):
    found = json.loads(invoke(source, "--languages", "deu", "--json").stdout)
    counts = found["languages"]["de"]["counts"]
    assert found["source"] == str(source)
    assert (counts["read"], counts["kept"], counts["dropped_answer_length"]) == (5, 0, 5)
    assert found["languages"]["de"]["dropped"]["answer_length"][0]["answer"] == "Zehn Euro."


def test_the_table_names_filters_and_shows_rows(source):
    shown = invoke(source, "--languages", "de", "--rows", "3", "--examples", "1").stdout
    assert "dropped: answer length" in shown
    assert "German: dropped by answer length" in shown
    assert shown.count("Zehn Euro.") == 1


def test_a_study_gives_source_languages_rows_and_filters(source, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.format(source=source), encoding="utf-8")
    found = json.loads(invoke("--study", study, "--json").stdout)["languages"]["de"]
    assert (found["counts"]["read"], found["counts"]["kept"]) == (4, 4)
    assert "dropped_exact_duplicates" not in found["counts"]
    capped = invoke("--study", study, "--set", "data.faq.filters.rows_per_host=1", "--json").stdout
    assert json.loads(capped)["languages"]["de"]["counts"]["kept"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no language was asked for; write for example --languages deu,tur"),
        (("--languages", "xx"), "unknown language 'xx'"),
        (("--languages", "tur"), r"no file for tr \(tur.jsonl\)"),
        (("--languages", "de", "--set", "data.faq.spread=2"), "no study was named; write --study STUDY"),
    ],
)
def test_what_cannot_be_done_is_said(source, arguments, message):
    with pytest.raises(DataError, match=message):
        invoke(source, *arguments)
