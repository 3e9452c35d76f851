"""A process whose training hangs says so, shows where it was, and ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from xlingual.records.layout import TrialDirectory
from xlingual.search.failures import PLACE, Failure
from xlingual.search.hung import end_hung, forget, word_of_workers

SCRIPT = """
import sys, threading
from pathlib import Path
from xlingual.records.layout import TrialDirectory
from xlingual.search.hung import end_hung
from xlingual.training.watch import Watch

def never_returns():
    threading.Event().wait()

directory = TrialDirectory(Path(sys.argv[1]))
watch = Watch(lambda line: end_hung(line, directory, lambda line: print(line, flush=True)), least=0.2, look=0.01)
with watch.watching():
    watch.alive("update 7")
    never_returns()
"""


def test_the_process_ends_and_leaves_where_each_thread_was(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 1
    assert run.stdout.startswith("hung: nothing happened for 0 minutes since update 7 ")
    error = (tmp_path / "error.txt").read_text()
    assert "never_returns" in error and "thread MainThread:" in error
    assert error.startswith(run.stdout.strip())
    directory = TrialDirectory(tmp_path)
    assert word_of_workers(directory) == Failure(PLACE, run.stdout.strip())
    forget(directory)
    assert word_of_workers(directory) is None


def test_the_process_ends_even_if_nobody_can_be_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Storage and driver hang, too."""
    never, ended = threading.Event(), list[int]()
    end_hung(
        "hung: so long", TrialDirectory(tmp_path), lambda line: never.wait() and None, seconds=0.05, end=ended.append
    )
    assert ended == [1]
    assert capsys.readouterr().err.startswith("hung: so long\n")
    never.set()
