"""Every command takes --json, and docs/json.md says what it prints."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import json_page
import pytest
from reference_commands import commands, words_of

from xlingual.cli import app
from xlingual.cli.output import print_json
from xlingual.progress.json_lines import JsonLines
from xlingual.search.listener import TrialView

EVENTS = {"stage_started", "stage_ended", "trial_changed", "test_scored", "plan_changed", "note"}


def test_every_command_takes_json_and_is_on_the_page() -> None:
    every = {path: {word.name for word in words_of(callback)} for path, callback in commands(app)}
    assert [path for path, options in every.items() if "--json" not in options] == []
    assert set(json_page.promised()) == {*every, "xlingual plan --power"} | EVENTS


def test_events_have_the_keys_of_the_page() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines.stage_started("search", 2, 0)
    lines.trial_changed(TrialView("baseline/0", "baseline", "trial 0", "running", 1, 2))
    lines.test_scored("baseline", 1, "xquad", {"de": {"f1": 50.0}})
    lines.plan_changed(3, {"noise": "paused"})
    lines.note("a note")
    lines.stage_ended("search")
    json_page.check("xlingual run", stream.getvalue())
    assert {json.loads(line)["event"] for line in stream.getvalue().splitlines()} == EVENTS
    assert json_page.promised()["trial_changed"][0] == {field.name for field in dataclasses.fields(TrialView)}


def test_a_check_that_fails_says_which_key() -> None:
    with pytest.raises(AssertionError, match=r"xlingual score: \['f1'\] missing"):
        json_page.check("xlingual score A B --json", '{"exact_match": 1.0}')
    with pytest.raises(AssertionError, match=r"xlingual score: add \['f2'\]"):
        json_page.check("xlingual score A B --json", '{"exact_match": 1.0, "f1": 2.0, "f2": 3.0}')


def test_mistakes_of_a_study_are_json_too(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("name: wrong\nquestoin: Why?\n")
    ended = call("validate", tmp_path / "wrong.yaml", "--json")
    json_page.check("xlingual validate", ended.output)
    found = json.loads(ended.output)
    assert (ended.status, found["valid"], found["study"]) == (1, False, None)
    assert found["problems"][-1]["line"] == 2 and "questoin" in found["problems"][-1]["message"]
    said = [f"{one['file']}:{one['line']}: {one['message']}" for one in found["problems"]]
    assert said == ended.errors.splitlines()


def test_a_number_that_is_not_finite_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("nan"), 1.5, (float("inf"),)], "b": "ä"}, indent=None)
    assert capsys.readouterr().out == '{"a": [null, 1.5, [null]], "b": "ä"}\n'
