"""The commands `xlingual --version` and `xlingual doctor`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_the_version_is_one_line_and_imports_nothing_of_what_it_names() -> None:
    program = (
        "import sys; sys.argv = ['xlingual', '--version']\n"
        "from xlingual.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'ray', 'optuna', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    line, imported = done.stdout.splitlines()
    assert line.startswith("xlingual 0.1.0 (Python 3.")
    assert [part.split()[0] for part in line.split(", ")[1:]] == ["ray", "optuna", "torch", "transformers", "datasets"]
    assert imported == "[]"


def test_doctor_says_a_line_a_check_and_leaves_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    found = json.loads(call("doctor", "--json").output)
    assert {"Python", "packages", "CPUs", "GPUs", "bf16", "memory", "open files", "temporary path", "Ray token",
            "Ray cluster", "hub", "storage"} <= {one["check"] for one in found}  # fmt: skip
    assert all(set(one) == {"check", "state", "found", "write"} for one in found)
    assert list(tmp_path.iterdir()) == []


def test_a_problem_gives_exit_status_one(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = call("doctor", "--storage", tmp_path / "file")
    assert ended.status == 1
    last = ended.output.splitlines()[-1]
    assert last == (
        f"problem  storage: {tmp_path}/file cannot be written (Not a directory); name another one with --storage"
    )


def test_a_cluster_that_is_named_is_asked(call: Call, tmp_path: Path) -> None:
    ended = call("doctor", "--storage", tmp_path, "--address", "127.0.0.1:1", "--json")
    (found,) = [one for one in json.loads(ended.output) if one["check"] == "Ray cluster"]
    assert (ended.status, found["state"]) == (1, "problem")
    assert found["found"].startswith("--address 127.0.0.1:1: no Ray cluster answers there")
