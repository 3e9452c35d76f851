"""On the head: one job a study, its events and its end as lines, its records without models."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from s3_server import BUCKET, S3Server

from xlingual.errors import StorageError
from xlingual.records import journal
from xlingual.records.files import write_json
from xlingual.records.layout import StudyDirectory
from xlingual.search.jobs import JobState
from xlingual.submission import on_head
from xlingual.submission.on_head import Request, attend, note_of, pack_records, reason_of, status_of

DONE, RUNNING = JobState("SUCCEEDED", 0, ""), JobState("RUNNING", None, "")
FAILED = JobState("FAILED", 1, "Job entrypoint command failed")
STUDY = {
    "name": "s",
    "arms": {"a": {"baseline": True}},
    "training": {"updates": 20},
    "search": {"trials_per_arm": 1},
    "replicates": {"searches": 1, "seeds": 1},
}


class FakeOutput:
    """What a job printed, all at once."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    def new(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines

    def wait(self, seconds: float) -> None:
        """All is there."""


class FakeJobs:
    """A job server whose jobs are in the states that are given, one a question; the last one stays."""

    def __init__(self, *states: JobState | None, running: str | None = None, output: tuple[str, ...] = ()) -> None:
        self.states, self.is_running, self.printed = list(states), running, output
        self.started: list[tuple[Any, ...]] = []

    def running(self, study: str) -> str | None:
        return self.is_running

    def state(self, name: str) -> JobState | None:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def start(self, *what: Any) -> None:
        self.started.append(what)

    def output(self, name: str) -> FakeOutput:
        return FakeOutput(*self.printed)


def request(tmp_path: Path, **more: Any) -> Request:
    return Request("s-1", "s", str(tmp_path / "studies"), (), "http://127.0.0.1:8265", **more)


def said(jobs: FakeJobs, asked: Request) -> list[dict[str, Any]]:
    replies: list[Any] = []
    attend(asked, jobs, replies.append)  # type: ignore[arg-type]
    return replies


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(on_head, "PAUSE", 0.0)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def records(tmp_path: Path) -> StudyDirectory:
    directory = StudyDirectory(tmp_path / "studies" / "s")
    write_json(directory.study_json, STUDY)
    journal.append(directory.journal, {"event": "stage_started", "stage": "search"})
    return directory


def test_a_job_is_started_in_the_project_and_followed(tmp_path: Path, capsys: Any) -> None:
    records(tmp_path)
    jobs = FakeJobs(None, RUNNING, DONE, output=("2026-01-01 10:00:00  train: 10 read",))
    replies = said(jobs, request(tmp_path))
    ((name, entrypoint, folder, environment, study),) = jobs.started
    assert (name, folder, study) == ("s-1", tmp_path / "project", str(tmp_path / "studies" / "s"))
    assert entrypoint.endswith(f"--address auto --storage {tmp_path}/studies") and environment == {"PYTHONUTF8": "1"}
    assert [reply["reply"] for reply in replies] == ["started", "records", "ended"]
    assert replies[-1] == {"reply": "ended", "status": 0, "reason": ""}
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event["event"], event.get("text")) for event in events] == [
        ("note", "train: 10 read"),
        ("stage_started", None),
    ]


def test_nothing_is_started_where_the_login_cannot_read_the_records(s3: S3Server, by_letter: Any) -> None:
    jobs = FakeJobs(None)
    asked = Request("s-1", "s", f"s3://{BUCKET}/head", (), "http://127.0.0.1:8265")
    with s3.fault("GET", "/", "403"), pytest.raises(StorageError) as told:
        said(jobs, asked)
    by_letter(str(told.value))
    assert jobs.started == []


def test_how_a_job_ended_is_told_although_its_records_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StorageError("s3://b/s: the storage does not answer")

    records(tmp_path)
    monkeypatch.setattr(on_head, "pack_records", away)
    note, ended = said(FakeJobs(None, DONE), request(tmp_path))[1:]
    assert note["text"] == "the records were not fetched: s3://b/s: the storage does not answer"
    assert ended == {"reply": "ended", "status": 0, "reason": ""}


@pytest.mark.parametrize("state", [RUNNING, DONE])
def test_a_job_that_is_there_is_not_started_again(tmp_path: Path, state: JobState) -> None:
    jobs = FakeJobs(state, DONE)
    replies = said(jobs, request(tmp_path))
    assert jobs.started == []
    assert replies[0] == {"reply": "attached", "job": "s-1", "other": False, "ended": state is DONE}


@pytest.mark.parametrize("state", [FAILED, JobState("STOPPED", None, "")])
def test_a_job_that_failed_is_started_again(tmp_path: Path, state: JobState) -> None:
    jobs = FakeJobs(state, DONE)
    assert said(jobs, request(tmp_path))[0] == {"reply": "started", "job": "s-1"}
    assert len(jobs.started) == 1


def test_another_job_of_the_study_is_followed_in_its_place(tmp_path: Path) -> None:
    jobs = FakeJobs(RUNNING, DONE, running="s-0")
    assert said(jobs, request(tmp_path))[0] == {"reply": "attached", "job": "s-0", "other": True, "ended": False}


def test_without_following_nothing_more_is_said(tmp_path: Path) -> None:
    assert said(FakeJobs(None), request(tmp_path, follow=False)) == [{"reply": "started", "job": "s-1"}]


def test_lines_of_the_job_that_are_notes_are_told_and_those_of_events_are_not() -> None:
    lines = {
        "2026-01-01 10:00:00  node 10.0.0.2 (h2) is left out: another xlingual": "node 10.0.0.2 (h2) is left out: "
        "another xlingual",
        "2026-01-01 10:00:00  search: begins, 2 to do": None,
        "2026-01-01 10:00:00  a trial 0: running, 5 of 20 updates": None,
        "2026-01-01 10:00:00  a search 2, trial 10: finished": None,
        "2026-01-01 10:00:00  a seed 10101: finished": None,
        "2026-01-01 10:00:00  a seed 10101: xquad F1 beyond English 70.5": None,
        "starting Ray: 2 s": None,
        "Traceback (most recent call last):": None,
    }
    assert {line: note_of(line) for line in lines} == lines


@pytest.mark.parametrize(
    ("job", "output", "status", "reason"),
    [
        (DONE, ["error: of before"], 0, ""),
        (FAILED, ["loading: 2 s", "error: no such file", "bye"], 1, "error: no such file"),
        (JobState("FAILED", 3, ""), ["failed: arm a", "failed: arm b"], 3, "failed: arm a\nfailed: arm b"),
        (FAILED, ["study.yaml:3: windows: wrong"], 1, "study.yaml:3: windows: wrong"),
        (FAILED, ["Traceback", "ValueError: x", ""], 1, "ValueError: x"),
        (JobState("STOPPED", None, ""), ["search: begins"], 1, "the job was stopped"),
        (JobState("FAILED", None, "The head is\nout of memory"), [], 1, "The head is out of memory"),
    ],
)
def test_a_job_that_failed_says_why(job: JobState, output: list[str], status: int, reason: str) -> None:
    assert (status_of(job), reason_of(job, output)) == (status, reason)


def test_records_are_packed_without_models_checkpoints_and_locks(tmp_path: Path) -> None:
    directory = records(tmp_path)
    trial = directory.trial("f")
    write_json(trial.configuration, {})
    for path in (trial.checkpoint, trial.model / "model.safetensors", trial.lock, directory.lock, directory.ray_output):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"large")
    trial.predictions("xquad", "de").parent.mkdir(parents=True)
    trial.predictions("xquad", "de").write_bytes(b"{}\n")
    packed = pack_records(directory, tmp_path / "r.tar.gz")
    with tarfile.open(tmp_path / "r.tar.gz") as tar:
        names = tar.getnames()
        sizes = sum(member.size for member in tar)
    assert sorted(names) == sorted(
        ["study.json", "journal.jsonl", "trials/f/configuration.json", "trials/f/predictions/xquad/de.jsonl"]
    )
    assert (packed.files, packed.size) == (4, sizes)
    assert packed.sha256 == hashlib.sha256((tmp_path / "r.tar.gz").read_bytes()).hexdigest()
