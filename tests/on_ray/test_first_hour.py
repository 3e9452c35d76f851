"""From docs/own-data.md alone to a report on one's own files: its commands, one after the other."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_task
from documented_commands import ROOT

SMALL = (
    "windows={max_length: 48, stride: 8, max_answer_tokens: 3}", "training.updates=2", "training.reports=1",
    "search.trials_per_arm=1", "replicates.searches=1", "data.faq.filters=off",
    "data.faq.passages={span: answer, answers: 4, min_passage_characters: 1}",
)  # fmt: skip


def commands() -> list[list[str]]:
    """The commands of the section's first block."""
    page = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
    block = page.split("## Ten minutes from the quickstart to your own data\n\n")[1].split("\n\n")[0]
    return [shlex.split(re.sub(r" +#.*", "", line)) for line in block.splitlines()]


def test_the_commands_of_the_page_lead_to_a_report(
    ray_cluster: None,
    call: Callable[..., Any],
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tiny_task.write_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    shutil.move("train.json", "my.json")
    shutil.copy("xquad/xquad.de.json", "my_test.json")
    shutil.copy("faq/deu.jsonl", "my_faq.jsonl")
    found = commands()
    assert [command[1] for command in found] == ["doctor", "init", "validate", "plan", "run"]
    changes = [word for change in SMALL for word in ("--set", change)]
    for _, name, *words in found:
        more = ["--model", tiny_checkpoint, "--gpus", 0] if name == "init" else []
        more += changes if name in ("validate", "plan", "run") else []
        ended = call(name, *words, *more)
        assert ended.status == 0, ended.errors
        assert "Traceback" not in ended.errors
    assert "zero-shot but for faq_pages" in ended.output
    report = json.loads(call("report", "xlingual_studies/my_study", "--json").output)
    assert report["complete"] and set(report["arms"]) == {"baseline", "faq_pages", "noise"}
    assert set(report["arms"]["baseline"]["scores"]) == {"fi"}
