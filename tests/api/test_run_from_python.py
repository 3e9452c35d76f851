"""A study run from Python: what is shown, what an interrupt leaves, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import studies_here
from pandas.testing import assert_frame_equal
from studies_here import ONE, train_here, trained_here

import xlingual
from xlingual.records import journal

SMALL = {
    **ONE,
    "training": {
        "updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": {"log_uniform": [1e-4, 1e-2]},
        "precision": "fp32", "reports": 2,
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _here() -> Iterator[None]:
    with trained_here():
        yield


@pytest.fixture(scope="module")
def file(write_study: Callable[..., Path]) -> Path:
    return write_study("from_python", **SMALL)


@pytest.fixture(scope="module")
def finished(file: Path) -> Any:
    return xlingual.run_study(file, progress="none")


def test_a_study_is_run_to_its_end_in_silence(
    finished: Any, file: Path, call: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (finished.state, finished.stage, finished.failures) == ("complete", "report", ())
    assert finished.path == file.parent / "studies" / "from_python"
    journaled = journal.read(finished.path / "journal.jsonl")
    again = xlingual.run_study(str(file), progress="none")
    assert capsys.readouterr() == ("", "")
    assert journal.read(finished.path / "journal.jsonl") == journaled
    printed = json.loads(call("run", file, "--json").output.splitlines()[-1])
    assert json.loads(json.dumps(again.report())) == printed


def test_stages_are_shown_in_lines_and_stop_where_asked(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = xlingual.run_study(xlingual.load_study(file), storage=tmp_path, until="search", progress="lines")
    shown = capsys.readouterr().out
    assert "search: begins, 2 to do" in shown and "replicate: begins" not in shown
    assert (study.path, study.state, study.stage) == (tmp_path / "from_python", "stopped", "search")
    trials = study.trials_dataframe()
    assert trials.state.tolist() == ["finished", "finished"] and trials.chosen.all()
    reports = study.reports_dataframe()
    assert reports.updates.tolist() == [2, 4, 2, 4]
    assert reports.objective.tolist()[1::2] == trials.objective.tolist()
    assert len(study.to_dataframe()) == 0 and not (study.path / "ledger.jsonl").exists()


class Interrupting:
    """A queue of trials whose user stops everything at the third report."""

    def __init__(self, queue: Any) -> None:
        self._queue, self._reports = queue, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def reported(self, item: Any, report: Any) -> Any:
        self._reports += 1
        if self._reports == 3:
            raise KeyboardInterrupt
        return self._queue.reported(item, report)


def test_an_interrupt_says_how_to_go_on_and_leaves_the_records_whole(
    finished: Any, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(studies_here, "train_here", lambda queue, task: train_here(Interrupting(queue), task))
        with pytest.raises(xlingual.StudyInterrupted, match="the same call of run_study goes on from there"):
            xlingual.run_study(file, storage=tmp_path, progress="none")
    study = xlingual.open_study(tmp_path / "from_python")
    assert (study.state, study.stage) == ("stopped", "search")
    assert sorted(study.trials_dataframe().state) == ["finished", "running"]
    study = xlingual.run_study(file, storage=tmp_path, progress="none")
    assert study.state == "complete"
    assert_frame_equal(study.to_dataframe(), finished.to_dataframe())
    assert_frame_equal(study.trials_dataframe(), finished.trials_dataframe())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"until": "tests"}, "until: found 'tests'; write one of search, replicate, test, report"),
        ({"progress": "loud"}, "progress: found 'loud'; write one of auto, lines, json, none"),
        (
            {"study": "absent.yaml"},
            "absent.yaml:1: cannot read the study file: No such file or directory; check the path",
        ),
        ({"storage": "s4://bucket/studies"}, "--storage s4://bucket/studies"),
    ],
)
def test_a_mistake_is_one_line(file: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(xlingual.XlingualError) as refused:
        xlingual.run_study(**{"study": file, "progress": "none", **arguments})
    assert message in str(refused.value) and "\n" not in str(refused.value)
