"""`xlingual inspect`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


def test_the_command_prints_questions_or_one_object(study: Any, call: Callable[..., Any]) -> None:
    ended = call("inspect", study.directory.path, "--language", "zh", "--limit", "1")
    assert ended.status == 0
    assert "zh: 1 of 2 questions, ordered by the hash of their ids; 1 more with --limit" in ended.output
    ended = call("inspect", study.directory.path, "--language", "zh", "--differ", "--json")
    (example,) = json.loads(ended.output)["languages"]["zh"]["examples"]
    assert example["id"] == "question-0"


@pytest.mark.parametrize("options", ["--wrong --differ", "--limit 0", "--language xx"])
def test_mistakes_are_one_line(
    study: Any, call: Callable[..., Any], by_letter: Callable[..., None], options: str
) -> None:
    ended = call("inspect", study.directory.path, *options.split())
    assert (ended.status, ended.output) == (1, "")
    by_letter(ended.errors.strip().splitlines()[-1], options)
