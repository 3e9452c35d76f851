"""Submitting from the laptop: what the head is asked, a lost connection, records that come whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import subprocess
import tarfile
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from xlingual.cli import submit_command
from xlingual.cli.storage_option import absolute_storage
from xlingual.errors import XlingualError
from xlingual.progress.json_lines import JsonLines
from xlingual.study import load_study
from xlingual.submission.head import Head, HeadError
from xlingual.submission.on_head import Request
from xlingual.submission.pack import pack
from xlingual.submission.submit import Lost, Submission, command, unpack

STUDY = Path(__file__).parents[2] / "studies" / "quickstart.yaml"
STARTED = {"reply": "started", "job": "quickstart-1"}
ENDED = {"reply": "ended", "status": 0, "reason": ""}
BEGINS = {"event": "stage_started", "stage": "search", "total": 2, "done": 0}
Reply = dict[str, Any]


class FakeHead(Head):
    """A head that says what it is told to, one list a connection; an exception ends it."""

    def __init__(self, *connections: list[Reply | Exception], files: dict[str, bytes] | None = None) -> None:
        super().__init__("cluster.yaml", "mine")
        self.connections, self.files = list(connections), files or {}
        self.asked: list[str] = []
        self.sent: dict[str, bytes] = {}

    def send(self, source: Path, target: str) -> None:
        self.sent[target] = source.read_bytes()

    def fetch(self, source: str, target: Path) -> None:
        target.write_bytes(self.files[source])

    def lines(self, command: str) -> Generator[Reply, None, None]:
        self.asked.append(command)
        for said in self.connections.pop(0) if self.connections else [HeadError("no route")]:
            if isinstance(said, Exception):
                raise said
            yield said


class Clock:
    """Seconds that pass only in pauses."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def submission(head: FakeHead, root: Path, clock: Clock | None = None, *overrides: str) -> Submission:
    clock = clock or Clock()
    study = load_study(str(STUDY), overrides)
    again = "xlingual submit studies/quickstart.yaml --cluster cluster.yaml"
    return Submission(head, study, "/mnt/studies", overrides, 8265, again, root, clock, clock.pause)


def heard_by(sent: Submission, **more: Any) -> tuple[Any, list[Reply]]:
    """The outcome, and what the listener heard."""
    stream = io.StringIO()
    outcome = sent.run(sent.request(pack(sent.root, sent.study), **more), JsonLines(stream))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return outcome, [{key: value for key, value in line.items() if key != "time"} for line in lines]


def archive_of(**files: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return made.getvalue()


def test_the_head_is_sent_the_project_and_the_request(tmp_path: Path) -> None:
    head = FakeHead()
    sent = submission(head, tmp_path, None, "search.seed=3")
    request = sent.request(pack(tmp_path, sent.study))
    sent.send(pack(tmp_path, sent.study), request)
    ((target, content),) = head.sent.items()
    assert target == f"~/.xlingual-{request.job}.tar.gz"
    assert request.job.startswith("quickstart-")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = tar.extractfile("request.json")
        assert found is not None
        assert Request(**json.load(found) | {"overrides": ("search.seed=3",)}) == request


def test_what_the_head_runs_is_one_word_each_whatever_the_settings_are() -> None:
    bad = ("question=$(touch /tmp/x); `id` 'q'", "a=b c")
    request = Request("j", "s", "/mnt/my studies;id", bad, "http://127.0.0.1:8265")
    words = shlex.split(request.entrypoint)
    assert words[:5] == ["python", "-m", "xlingual", "run", "study.yaml"]
    assert [words[position + 1] for position, word in enumerate(words) if word == "--set"] == list(bad)
    assert words[words.index("--storage") + 1] == "/mnt/my studies;id"
    printed = request.entrypoint.replace("python -m xlingual", "printf '%s\\n'", 1)
    done = subprocess.run(["bash", "-c", printed], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-4:] == ["--set", bad[0], "--set", bad[1]]


def test_the_command_unpacks_what_was_sent_and_attends_to_the_job(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "python"
    program.write_text('#!/bin/sh\necho "$(cat study.yaml) $(cat ../request.json) $*"\n')
    program.chmod(0o755)
    sent = tmp_path / ".xlingual-s-1.tar.gz"
    sent.write_bytes(archive_of(**{"request.json": b"asked", "project/study.yaml": b"study"}))
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    asked = command(Request("s-1", "s", "/mnt", (), "http://127.0.0.1:8265"))
    for _ in range(2):  # the second time to follow it again, for which nothing is sent
        done = subprocess.run(["bash", "-c", asked], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == "study asked -m xlingual.submission.on_head ../request.json\n"
        assert not sent.exists()


def test_a_job_is_followed_to_its_end(tmp_path: Path) -> None:
    outcome, heard = heard_by(submission(FakeHead([STARTED, BEGINS, ENDED | {"status": 3, "reason": "why"}]), tmp_path))
    assert (outcome.job, outcome.status, outcome.reason) == ("quickstart-1", 3, "why")
    assert heard == [{"event": "note", "text": "job quickstart-1 started"}, BEGINS]


def test_a_lost_connection_is_tried_again_and_nothing_is_told_twice(tmp_path: Path) -> None:
    attached = {"reply": "attached", "job": "quickstart-1", "other": False, "ended": False}
    head = FakeHead(
        [STARTED, BEGINS, HeadError("no route")], [HeadError("no route")], [attached, BEGINS], [attached, BEGINS, ENDED]
    )
    clock = Clock()
    outcome, heard = heard_by(submission(head, tmp_path, clock))
    assert outcome.status == 0
    assert len(set(head.asked)) == 1 and len(head.asked) == 4
    assert clock.pauses == [2.0, 4.0, 2.0]
    assert [line for line in heard if line["event"] != "note"] == [BEGINS]
    assert [line["text"] for line in heard if line["event"] == "note"] == [
        "job quickstart-1 started",
        "the connection to mine is lost (no route); it is tried again",
        "job quickstart-1 runs already",
        "the connection to mine is lost (it ended); it is tried again",
    ]


def test_a_connection_that_stays_lost_leaves_the_job_and_says_how_to_follow_it_again(
    tmp_path: Path, by_letter: Any
) -> None:
    clock = Clock()
    with pytest.raises(Lost) as error:
        heard_by(submission(FakeHead([STARTED]), tmp_path, clock))
    assert 600 < clock.now < 700
    by_letter(str(error.value))


def test_a_head_that_was_never_reached_is_told_at_once(tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(HeadError, match="no route"):
        heard_by(submission(FakeHead(), tmp_path, clock))
    assert clock.pauses == []


def test_a_refusal_of_the_head_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(XlingualError, match="job server"):
        heard_by(submission(FakeHead([{"reply": "refused", "reason": "the job server is away"}]), tmp_path))


def test_another_job_of_the_same_study_is_named(tmp_path: Path, by_letter: Any) -> None:
    attached = {"reply": "attached", "job": "quickstart-2", "other": True, "ended": False}
    _, heard = heard_by(submission(FakeHead([attached, ENDED]), tmp_path))
    by_letter(heard[0]["text"])


def test_without_following_the_job_is_only_started(tmp_path: Path) -> None:
    outcome, _ = heard_by(submission(FakeHead([STARTED]), tmp_path), follow=False)
    assert (outcome.job, outcome.status) == ("quickstart-1", None)


def test_records_come_whole_and_replace_those_of_before(tmp_path: Path) -> None:
    content = archive_of(**{"study.json": b"{}", "trials/a/reports.jsonl": b"{}\n"})
    records = {
        "reply": "records",
        "path": "/home/ray/r.tar.gz",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": 5,
    }
    head = FakeHead([STARTED, records, ENDED], files={"/home/ray/r.tar.gz": content})
    sent = submission(head, tmp_path)
    (tmp_path / "fetched" / "quickstart").mkdir(parents=True)
    (tmp_path / "fetched" / "quickstart" / "old").touch()
    outcome, _ = heard_by(sent)
    sent.fetch(outcome)
    assert outcome.records == tmp_path / "fetched" / "quickstart"
    found = sorted(str(path.relative_to(outcome.records)) for path in outcome.records.rglob("*") if path.is_file())
    assert found == ["study.json", "trials/a/reports.jsonl"]


def test_records_that_changed_on_the_way_are_refused_and_those_of_before_stay(tmp_path: Path, by_letter: Any) -> None:
    records = {"reply": "records", "path": "/r.tar.gz", "sha256": "0" * 64, "size": 5}
    sent = submission(FakeHead([STARTED, records, ENDED], files={"/r.tar.gz": archive_of(a=b"x")}), tmp_path)
    (tmp_path / "fetched" / "quickstart").mkdir(parents=True)
    outcome, _ = heard_by(sent)
    with pytest.raises(XlingualError) as error:
        sent.fetch(outcome)
    assert outcome.records is None and (tmp_path / "fetched" / "quickstart").is_dir()
    by_letter(str(error.value))


def test_an_archive_writes_nothing_outside_of_its_directory(tmp_path: Path) -> None:
    archive = tmp_path / "r.tar.gz"
    archive.write_bytes(archive_of(**{"../outside": b"x"}))
    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(archive, tmp_path / "fetched" / "s")
    archive.write_bytes(archive_of(**{f"{tmp_path}/absolute": b"x"}))
    unpack(archive, tmp_path / "fetched" / "s")
    assert not [path for path in tmp_path.iterdir() if path.name not in ("r.tar.gz", "fetched")]


@pytest.mark.parametrize(("place", "is_given"), [("xlingual_studies", False), ("~/studies", True)])
def test_a_relative_storage_is_refused(place: str, is_given: bool, by_letter: Any) -> None:
    with pytest.raises(XlingualError) as error:
        absolute_storage(place, is_given)
    by_letter(str(error.value), place)


def test_an_absolute_storage_or_a_url_is_taken() -> None:
    assert [absolute_storage(place, True) for place in ("/mnt/s", "s3://b/p")] == ["/mnt/s", "s3://b/p"]


@pytest.mark.parametrize(
    ("status", "has_records", "said"),
    [
        (0, True, "cluster c is down\n"),
        (3, True, "cluster c is down\n"),
        (0, False, "the cluster stays up, as its records are not here; `ray down cluster.yaml` ends it\n"),
        (1, True, "the cluster stays up, as the study is not done; `ray down cluster.yaml` ends it\n"),
    ],
)
def test_a_cluster_is_taken_down_once_the_study_and_its_records_are_safe(
    capsys: pytest.CaptureFixture[str], status: int, has_records: bool, said: str
) -> None:
    taken = []
    head = SimpleNamespace(name="c", file="cluster.yaml", take_down=lambda: taken.append(1))
    submit_command._take_down(cast(Any, head), status, has_records)
    assert capsys.readouterr().err == said
    assert bool(taken) == ("is down" in said)
