"""A toy study in each tracker, read back through the tracker's own library: what the records say, and nothing twice."""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from studies_here import run_here
from toy_study import write_toy_study

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.trackers.run import TrackedRun
from xlingual.trackers.run_reader import RunReader

pytestmark = pytest.mark.real

SCRIPT = Path(__file__).parents[1] / "tracker_process.py"
KILLED_AT = {"trackio": 3, "tensorboard": 9, "mlflow": 7, "wandb": 5}
"""A call in the midst of a run, or of trackio, which takes a run as a whole, between two."""

STATUS = {"running": "RUNNING", "finished": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
"""What MLflow calls a run's state."""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Records of one study: after its search, and when it was done."""
    folder = tmp_path_factory.mktemp("study")
    file = write_toy_study(folder / "study.yaml", trials=3, updates=8, reports=4, storage=str(folder / "studies"))
    directory, _ = run_here(file, until="search")
    searched = shutil.copytree(directory.path, folder / "searched" / "toy")
    run_here(file)
    for records in (searched, directory.path):
        end_otherwise(StudyDirectory(records))
    return searched, directory.path


def end_otherwise(directory: StudyDirectory) -> None:
    """Let the trials that were not chosen have been pruned and failed."""
    events = journal.read(directory.journal)
    (chosen,) = {event["fingerprint"] for event in events if event["event"] == "chosen"}
    ended = [event for event in events if event["event"] == "trial_ended" and event["fingerprint"] != chosen]
    ended[0] |= {"state": "pruned", "reason": "below the median of the others: 12.0"}
    ended[1] |= {"state": "failed", "reason": "diverged at update 8: the loss is nan", "objective": None}
    journal.rewrite(directory.journal, events)


@pytest.fixture(params=list(KILLED_AT))
def tracker(request: pytest.FixtureRequest) -> str:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"needs {request.param}: pip install 'xlingual[{request.param}]'")
    return str(request.param)


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, timeout=300
    )


def answer(*arguments: object) -> Any:
    ended = call(*arguments)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def shown(tracker: str, runs: list[TrackedRun]) -> dict[str, TrackedRun]:
    """The runs that a tracker has to have, by the name that it gives them."""
    kept = [run for run in runs if (run.settled if tracker == "wandb" else tracker == "mlflow" or not run.is_empty)]
    return {"results" if tracker == "tensorboard" and not run.arm else run.name: run for run in kept}


def compare(tracker: str, found: list[dict[str, Any]], records: Path) -> None:
    expected = shown(tracker, RunReader(StudyDirectory(records)).runs())
    assert len(found) == len(expected) > 2
    for one in found:
        run = expected[one["name"]]
        assert one.get("id", run.id) == run.id
        numbers = {(name, point.step): value for point in run.points for name, value in point.values.items()}
        kept = [(name, step) for name, step, _ in one["numbers"]]
        assert len(kept) == len(set(kept)), f"{run.name}: a number twice"
        if not run.points:
            assert kept in ([], [("updates", 0)])
            numbers = dict.fromkeys(kept, 0.0)
        single = tracker == "tensorboard"
        assert {(name, step): value for name, step, value in one["numbers"]} == {
            key: struct.unpack("f", struct.pack("f", value))[0] if single else value for key, value in numbers.items()
        }
        if run.arm:
            words = tracker == "mlflow"
            told = {key: str(value) if words else value for key, value in run.configuration.items()}
            assert {key: one["configuration"][key] for key in told} == told
            assert (one["state"], one["reason"]) == (run.state, run.reason)
        if run.table is not None:
            assert len(one["table"]) == 1
        if tracker == "mlflow":
            assert one["status"] == STATUS[run.state]
            assert (one["parent"] is None) == (run.kind == "study")


def test_a_study_is_in_a_tracker_once_though_its_sending_was_killed_and_it_was_resumed(
    tracker: str, stages: tuple[Path, Path], tmp_path: Path
) -> None:
    searched, done = stages
    states = {run.state for run in RunReader(StudyDirectory(searched)).runs()}
    assert states == {"running", "finished", "pruned", "failed"}  # running: the study
    at, study = tmp_path / "at", tmp_path / "studies" / "toy"
    shutil.copytree(searched, study)
    killed = call("send", tracker, at, study, KILLED_AT[tracker])
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert answer("send", tracker, at, study)["sent"] > 0
    compare(tracker, answer("read", tracker, at, "toy"), searched)
    shutil.rmtree(study)
    shutil.copytree(done, study)
    assert answer("send", tracker, at, study)["sent"] > 0
    found = answer("read", tracker, at, "toy")
    compare(tracker, found, done)
    again = answer("send", tracker, at, study)
    assert (again["sent"], again["waiting"]) == (0, 0) and again["known"] == len(found)
    assert answer("read", tracker, at, "toy") == found


def test_a_record_of_tensorboard_that_a_crash_has_torn_is_written_again(
    stages: tuple[Path, Path], tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    at = tmp_path / "at"
    answer("send", "tensorboard", at, stages[1])
    for file in at.rglob("events.out.tfevents.*"):
        with file.open("r+b") as stream:
            stream.truncate(file.stat().st_size * 2 // 3)
    assert answer("send", "tensorboard", at, stages[1])["sent"] > 4
    compare("tensorboard", answer("read", "tensorboard", at, "toy"), stages[1])
