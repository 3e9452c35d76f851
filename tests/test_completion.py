"""Shell completion, by the protocol that bash speaks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def completed(call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """What is offered for the last word of a line, which may be empty."""

    def offered(line: str) -> list[str]:
        monkeypatch.setenv("_XLINGUAL_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        ended = call()
        assert (ended.status, ended.errors) == (0, "")
        return list(ended.output.split())

    return offered


def test_commands_and_options_are_completed(completed: Callable[[str], list[str]]) -> None:
    assert completed("xlingual re") == ["report", "replay"]
    assert completed("xlingual data ") == ["webfaq", "contamination"]
    assert completed("xlingual schema --f") == ["--field"]


def test_arms_of_the_study_are_completed(
    completed: Callable[[str], list[str]], studies: ModuleType, tmp_path: Path
) -> None:
    directory = studies.finished_study(tmp_path).directory.path
    assert completed(f"xlingual push {directory} --arm ") == ["baseline", "webfaq"]
    assert completed(f"xlingual inspect {directory} --against w") == ["webfaq"]
    assert completed("xlingual inspect absent --arm ") == []


def test_bash_takes_the_script(call: Call) -> None:
    program = Path(sys.executable).parent / "xlingual"
    if shutil.which("bash") is None or not program.is_file():
        pytest.skip("needs bash and an installed command")
    script = call("--show-completion", "bash").output
    line = f'COMP_WORDS=(xlingual va); COMP_CWORD=1; _xlingual_completion "{program}"; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", f"{script}\n{line}"], capture_output=True, text=True, check=True)
    assert done.stdout == "validate\n"
