"""A study whose driver is killed during the search."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

LONG = {
    "updates": 30,
    "batch_size": 8,
    "micro_batch_size": 4,
    "learning_rate": {"log_uniform": [1e-4, 1e-2]},
    "reports": 15,
}


def kill_after(path: Path, reports: int) -> list[str]:
    """Run a study and kill its driver with SIGKILL after a number of reports."""
    lines, seen = [], 0
    command = [sys.executable, "-m", "xlingual", "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1) as process:
        watchdog = threading.Timer(240, process.kill)
        watchdog.start()
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            seen += " updates, " in line
            if seen >= reports:
                os.kill(process.pid, signal.SIGKILL)
                break
        watchdog.cancel()
    return lines


@pytest.mark.real
def test_a_driver_killed_in_the_search_goes_on_where_it_was(ray_cluster: None, write_study: Any, call: Any) -> None:
    """Another process is killed; the same command continues in this one, with the session's Ray."""
    path = write_study(
        "killed",
        training=LONG,
        search={"trials_per_arm": 2, "scheduler": "none"},
        replicates={"searches": 1, "seeds": 1},
    )
    directory = StudyDirectory(path.parent / "studies" / "killed")
    lines = kill_after(path, 20)
    before = read_state(directory)
    running = [trial for trial in before.trials if trial.state == "running"]
    assert running, "".join(lines)
    assert not before.complete

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = call("run", path)
    assert again.status == 0, again.output + again.errors

    after = read_state(directory)
    assert after.complete
    for trial in before.trials:  # the same trials, with the same configurations
        assert trial.fingerprint in {t.fingerprint for t in after.trials}
    assert len(after.trials) == 4
    for trial in after.trials:
        updates = [report["updates"] for report in journal.read(directory.trial(trial.fingerprint).reports)]
        assert updates == list(range(2, 31, 2)), f"{trial}: a report is lost or doubled"
    starts = {
        trial.fingerprint: [s["from_update"] for s in journal.read(directory.trial(trial.fingerprint).environment)]
        for trial in after.trials
    }
    assert any(len(froms) == 2 and froms[1] > 0 for froms in starts.values()), starts
    assert all(len(starts[t.fingerprint]) == 1 for t in before.trials if t.state == "finished")
    assert len(journal.read(directory.ledger)) == 2
