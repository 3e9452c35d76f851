"""The contract of commands that train nothing: exit status, JSON keys, messages without tracebacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_validate_accepts_a_study(call: Call, write_study: Any) -> None:
    ended = call("validate", write_study("valid"))
    assert (ended.status, ended.errors) == (0, "")


def test_validate_names_file_and_line(call: Call, write_study: Any) -> None:
    path = write_study("invalid")
    text = path.read_text().replace("updates: 12", "udpates: 12")
    path.write_text(text)
    line = 1 + text.splitlines().index("  udpates: 12")
    ended = call("validate", path)
    assert ended.status == 1
    assert ended.output == ""
    assert f"{path}:{line}: " in ended.errors
    assert "updates" in ended.errors
    assert "Traceback" not in ended.errors


def test_schema_is_json_schema(call: Call) -> None:
    schema = json.loads(call("schema").output)
    assert schema["$schema"].startswith("https://json-schema.org/draft/2020-12")
    assert {"name", "arms", "search"} <= set(schema["properties"])


def test_plan_counts_what_would_run(call: Call, write_study: Any) -> None:
    path = write_study("planned")
    planned = json.loads(call("plan", path, "--json").output)
    assert (planned["trials"], planned["replicates"], planned["updates"]) == (6, 4, 120)
    shown = call("plan", path)
    assert shown.status == 0
    assert "training.learning_rate" in shown.output


def test_score_prints_official_metrics(call: Call, tmp_path: Path) -> None:
    gold = {"data": [{"paragraphs": [{"context": "a b", "qas": [
        {"id": "1", "question": "?", "answers": [{"text": "the red cat", "answer_start": 0}]},
        {"id": "2", "question": "?", "answers": [{"text": "dog", "answer_start": 0}]},
    ]}]}]}  # fmt: skip
    (tmp_path / "gold.json").write_text(json.dumps(gold))
    (tmp_path / "predictions.json").write_text(json.dumps({"1": "Red cat house"}))
    ended = call("score", tmp_path / "gold.json", tmp_path / "predictions.json")
    assert json.loads(ended.output) == {"exact_match": 0.0, "f1": pytest.approx(40.0)}


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (("validate", "absent.yaml"), "absent.yaml"),
        (("status", "absent"), "directory of a study"),
        (("report", "absent"), "directory of a study"),
        (("run", "absent.yaml"), "absent.yaml"),
        (("score", "absent.json", "absent.json"), "absent.json"),
        (("evaluate", "./absent", "--on", "xquad"), "not a directory"),
        (("evaluate", "no/such-model", "--data", "."), "no/such-model"),
        (("evaluate", "x", "--on", "squad"), "write one of xquad"),
        (("evaluate",), "write a MODEL"),
        (("evaluate", "x", "--languages", "german"), "--languages: unknown language 'german'"),
        (("evaluate", "x", "--workers", "0"), "--workers: found 0"),
        (("evaluate", "x", "--paragraphs", "0"), "--paragraphs: found '0'; write a number from 1 on, or all"),
        (("evaluate", "x", "--published", "BERT"), "no published scores of 'BERT'"),
        (("evaluate", "--predictions", "absent.json"), "absent.json: cannot be read"),
    ],
)
def test_a_mistake_is_one_message_and_status_one(call: Call, arguments: tuple[str, ...], fragment: str) -> None:
    ended = call(*arguments)
    assert ended.status == 1
    assert fragment in ended.errors
    assert "Traceback" not in ended.errors


def test_bench_prints_what_was_measured_and_a_plan_takes_it(
    call: Call, write_study: Any, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    path = write_study("benched")
    data = path.parent / "data"
    files = ("--train", data / "train.json", "--score", data / "xquad", "--languages", "en,de", "--questions", "5")
    small = ("--updates", "2", "--batch", "4", "--threads", "1", "--study", path, "--json")
    ended = call("bench", tiny_checkpoint, *files, *small)
    measured = json.loads(ended.output)
    contract = {"train_windows_per_s", "score_questions_per_s", "padding_share", "matrix_gflops"}
    assert {*contract, "useful_share_of_matrix_speed", "by_precision", "estimate"} <= set(measured)
    assert (measured["max_length"], measured["batch"], measured["updates"]) == (48, 4, 2)
    assert measured["score_questions"] == {"en": 5, "de": 5}
    (tmp_path / "speed.json").write_text(ended.output)
    planned = json.loads(call("plan", path, "--bench", tmp_path / "speed.json", "--json").output)
    assert planned["estimate"] == measured["estimate"]
    assert planned["estimate"]["search_hours"] > 0
    assert "wall clock" in call("plan", path, "--bench", tmp_path / "speed.json").output


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (("bench", "--updates", "0"), "--updates: found 0; write 1 or more"),
        (("bench", "--precision", "fp64"), "write one of auto, fp32, tf32, bf16"),
        (("bench", "./absent"), "not a directory"),
        (("bench", "--study", "absent.yaml"), "absent.yaml"),
    ],
)
def test_a_mistake_of_bench_is_one_line(call: Call, arguments: tuple[str, ...], fragment: str) -> None:
    ended = call(*arguments)
    assert ended.status == 1
    assert fragment in ended.errors
    lines = ended.errors.splitlines()  # on a slow machine, activities are reported before
    assert [line for line in lines if not re.search(r": (\d+ min )?\d+ s$", line)] == lines[-1:]


def test_a_plan_refuses_a_file_that_bench_did_not_print(call: Call, write_study: Any, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    ended = call("plan", write_study("unmeasured"), "--bench", tmp_path / "other.json")
    assert ended.status == 1
    assert "other.json: not what `xlingual bench --json` prints" in ended.errors


def test_help_shows_defaults_that_depend_on_others(call: Call) -> None:
    """In brackets, which are not taken for markup."""
    for command, said in (("run", "[default: the"), ("init", "rajpurkar/squad]"), ("bench", "[default: 16]")):
        assert said in call(command, "--help").output
