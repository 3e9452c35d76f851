"""The files of a study that grow by lines, cut at each byte: the study goes on to the same end, or is refused.

The default run cuts at each line and inside of each; `-m real` at every byte.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated_study import SMALL, Commands
from simulation_checks import check, outcome

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.state import read_state


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    commands = Commands(SMALL, tmp_path_factory.mktemp("finished") / "study")
    commands.until_done()
    check(commands)
    return commands


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.real)], ids=["lines", "bytes"])
def every_byte(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def cuts(content: bytes, every_byte: bool) -> Iterator[int]:
    """Lengths to cut a file to: all, or the end of each line, without its newline, and its middle."""
    if every_byte:
        yield from range(len(content))
        return
    end = 0
    for line in content.splitlines(keepends=True):
        yield from (end, end + len(line) // 2, end + len(line) - 1)
        end += len(line)


def go_on(finished: Commands, folder: Path, file: Path, length: int) -> Commands | str:
    """Cut a file of a copy of a finished study, and go on; how it ended, or the line that refused it."""
    commands = Commands(SMALL, folder)
    shutil.copytree(finished.directory.path, commands.directory.path)
    cut = commands.directory.path / file.relative_to(finished.directory.path)
    cut.write_bytes(cut.read_bytes()[:length])
    commands.refused_at_once = True
    try:
        commands.until_done()
    except RecordError as error:
        assert "\n" not in str(error)
        return str(error)
    return commands


def test_a_study_whose_journal_was_cut_goes_on_to_the_same_end(
    finished: Commands, tmp_path: Path, every_byte: bool
) -> None:
    """Nothing is read from the test set a second time: answers that are there are taken over."""
    content = finished.directory.journal.read_bytes()
    expected, ledger = outcome(finished), finished.directory.ledger.read_bytes()
    began = content.index(b'"replicate_started"')
    for length in cuts(content, every_byte):
        again = go_on(finished, tmp_path / str(length), finished.directory.journal, length)
        if isinstance(again, str):  # the test set was read, and nothing says for what
            assert "ledger.jsonl" in again and length <= began + 400, again
        else:
            assert outcome(again) == expected, length
            assert again.directory.ledger.read_bytes() == ledger
            assert not again.examiner.opened
        shutil.rmtree(tmp_path / str(length))


def test_a_cut_ledger_is_refused(finished: Commands, tmp_path: Path, every_byte: bool) -> None:
    """What was read for decides what may be chosen again."""
    content = finished.directory.ledger.read_bytes()
    for length in cuts(content, every_byte):
        again = go_on(finished, tmp_path / str(length), finished.directory.ledger, length)
        assert isinstance(again, str) and "ledger.jsonl: lacks the reading of test set " in again
        shutil.rmtree(tmp_path / str(length))


def test_reports_of_finished_trials_that_were_cut_are_missed(
    finished: Commands, tmp_path: Path, every_byte: bool
) -> None:
    for trial in read_state(finished.directory).trials:
        file = finished.directory.trial(trial.fingerprint).reports
        for length in cuts(file.read_bytes(), every_byte):
            again = go_on(finished, tmp_path / str(length), file, length)
            assert isinstance(again, str) and "reports.jsonl " in again and trial.fingerprint in again
            shutil.rmtree(tmp_path / str(length))


def test_every_beginning_of_a_journal_tells_a_state(finished: Commands, tmp_path: Path) -> None:
    content = finished.directory.journal.read_bytes()
    commands = Commands(SMALL, tmp_path / "cut")
    shutil.copytree(finished.directory.path, commands.directory.path)
    seen: Counter[str] = Counter()
    for length in range(len(content) + 1):
        commands.directory.journal.write_bytes(content[:length])
        seen[read_state(commands.directory).stage] += 1
        assert len(journal.read(commands.directory.journal)) == content[:length].count(b"\n")
    assert set(seen) == {"search", "replicate", "test", "report"}
