"""A study run in a terminal: resized, stopped by Ctrl-C, gone on with, and followed from another terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from terminal import Terminal
from toy_study import write_toy_study

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state


def command(*arguments: object, columns: int = 80) -> Terminal:
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    environment |= {"TERM": "xterm-256color", "PYTHONUTF8": "1"}
    return Terminal([sys.executable, "-m", "xlingual", *map(str, arguments)], environment, columns)


def test_a_study_in_a_terminal_is_resized_stopped_and_gone_on_with(tmp_path: Path) -> None:
    arms = {
        "baseline": {"baseline": True},
        "noise": {"robust": {"embedding_noise": {"magnitude": {"log_uniform": [0.1, 0.5]}}}},
    }
    scaling = {"concurrent_trials": 1}
    study = write_toy_study(tmp_path / "study.yaml", updates=20, reports=10, trials=1, arms=arms, scaling=scaling)
    storage = tmp_path / "dir 名"
    directory = StudyDirectory(storage / "toy")

    first = command("run", study, "--storage", storage)
    first.wait_for(lambda: any("baseline" in line and "/20" in line for line in first.display))
    assert first.display[-1] == "" and any(line.startswith("toy  ● search 0 of 2") for line in first.display)
    first.resize(100, 24)
    first.wait_for(lambda: any("vs baseline  trial" in line for line in first.display))
    assert sum(line.startswith("toy  ● search") for line in first.display) == 1, "\n".join(first.display)
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

    second = command("run", study, "--storage", storage)
    second.wait_for(lambda: directory.lock.exists() and read_state(directory).active)
    follower = command("status", directory.path, "--follow", columns=100)
    assert second.wait() == 0, second.text
    assert follower.wait() == 0, follower.text
    for terminal in (second, follower):
        assert any(line.startswith("toy  ✓ search 2  ✓ replicate 2  ✓ test 2") for line in terminal.text.splitlines())

    after = read_state(directory)
    assert after.complete and {trial.state for trial in after.trials} == {"finished"}
    assert {trial.fingerprint for trial in before.trials} <= {trial.fingerprint for trial in after.trials}
    for trial in after.trials:
        reports = journal.read(directory.trial(trial.fingerprint).reports)
        assert [report["updates"] for report in reports] == list(range(2, 21, 2))
    for name, reports in saved.items():
        of_second = journal.read(directory.trial(name).environment)[1]
        assert of_second["from_update"] == reports[-1]["updates"], "work that was reported is trained again"
        assert journal.read(directory.trial(name).reports)[: len(reports)] == reports
