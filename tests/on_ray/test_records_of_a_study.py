"""Records of a finished study, read while a driver may be at work, or cut short."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import hold
from xlingual.records.state import read_state


def test_status_knows_whether_a_driver_is_at_work(finished: Any, tmp_path: Path) -> None:
    _, directory, _ = finished
    assert not read_state(directory).active
    with hold(directory.lock):
        assert read_state(directory).active
    assert read_state(directory).stage == "report"


def test_a_journal_cut_anywhere_still_says_where_the_study_stands(finished: Any, tmp_path: Path) -> None:
    _, directory, _ = finished
    shutil.copytree(directory.path, tmp_path / "cut", ignore=shutil.ignore_patterns("trials"))
    cut = StudyDirectory(tmp_path / "cut")
    content = directory.journal.read_bytes()
    for length in range(0, len(content), 211):
        cut.journal.write_bytes(content[:length])
        state = read_state(cut)
        assert len(state.trials) == len({(trial.arm, trial.number) for trial in state.trials}) <= 6
        whole_lines = content[:length].rpartition(b"\n")[0]
        assert state.complete == (whole_lines.count(b'"test_scored"') == 4)
