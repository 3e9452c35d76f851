"""A study run in a terminal: resized, stopped by Ctrl-C, gone on with, and followed from another terminal."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from terminal import Terminal
from toy_study import write_toy_study

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

UPDATES, REPORTS = 40, 20


def command(*arguments: object, columns: int = 80) -> Terminal:
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    environment |= {"TERM": "xterm-256color", "PYTHONUTF8": "1"}
    return Terminal([sys.executable, "-m", "xlingual", *map(str, arguments)], environment, columns)


def shows(terminal: Terminal, pattern: str) -> int:
    """How many lines of the screen begin like this."""
    return sum(bool(re.match(pattern, line)) for line in terminal.display)


@pytest.mark.real
def test_a_study_in_a_terminal_is_resized_stopped_and_gone_on_with(tmp_path: Path) -> None:
    study = write_toy_study(
        tmp_path / "study.yaml", updates=UPDATES, reports=REPORTS, trials=2, scaling={"concurrent_trials": 1}
    )
    storage = tmp_path / "dir 名"
    directory = StudyDirectory(storage / "toy")
    asked = ("run", study, "--storage", storage, "--until", "search")

    first = command(*asked)
    first.wait_for(lambda: shows(first, r"baseline +0 +running .* \d+/40 "))
    assert shows(first, r"toy  ● search 0 of 2$") == 1
    first.resize(100, 24)
    first.wait_for(lambda: shows(first, r"arm  .*vs baseline  trial"))  # two spaces between columns
    assert shows(first, r"toy  ● search \d of 2$") == 1, "\n".join(first.display)
    first.press_ctrl_c()
    assert first.wait() == 130
    shown = " ".join(first.text.split())
    assert "stopping: running trials go on to their next report" in shown
    assert "interrupted; what is finished is kept. Go on with: xlingual run" in shown
    assert "stopped after" in shown and "Traceback" not in shown

    before = read_state(directory)
    running = [trial for trial in before.trials if trial.state == "running"]
    assert running and not before.active
    saved = {trial.fingerprint: journal.read(directory.trial(trial.fingerprint).reports) for trial in running}
    assert all(directory.trial(name).checkpoint.exists() for name in saved)

    second = command(*asked)
    second.wait_for(lambda: read_state(directory).active)
    follower = command("status", directory.path, "--follow", columns=100)
    assert second.wait() == 0, second.text
    assert shows(second, "toy  ✓ search 2") == 1
    assert follower.wait() == 0
    assert re.search(r"^toy  ● search 2 of 2 .*\n.*\n\narm .*\nbaseline +2 of 2 ", follower.text, re.MULTILINE), (
        follower.text
    )

    after = read_state(directory)
    assert after.searched and [trial.state for trial in after.trials] == ["finished"] * 2
    assert {trial.fingerprint for trial in before.trials} <= {trial.fingerprint for trial in after.trials}
    for trial in after.trials:
        reports = journal.read(directory.trial(trial.fingerprint).reports)
        assert [report["updates"] for report in reports] == list(range(2, UPDATES + 1, UPDATES // REPORTS))
    for name, reports in saved.items():
        of_second = journal.read(directory.trial(name).environment)[1]
        assert of_second["from_update"] == reports[-1]["updates"], "work that was reported is trained again"
        assert journal.read(directory.trial(name).reports)[: len(reports)] == reports
