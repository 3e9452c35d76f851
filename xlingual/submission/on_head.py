"""What runs on the head of a cluster for `xlingual submit`: start the study's job, tell what happens, pack its records.

    python -m xlingual.submission.on_head REQUEST.json

The current directory is the project. It prints one JSON object a line: the events of the study as `JsonLines` writes
them, and replies. It may be ended at any time, and started again: the job goes on without it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shlex
import sys
import tarfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import StorageError, XlingualError
from xlingual.progress.followed import Follower
from xlingual.progress.json_lines import JsonLines
from xlingual.records.attached import attach, check, refresh
from xlingual.records.files import write_bytes
from xlingual.records.layout import StudyDirectory
from xlingual.records.remote import is_url
from xlingual.search.jobs import Jobs, JobState, Output
from xlingual.submission.pack import STUDY_FILE

PAUSE, REMOTE_PAUSE = 1.0, 5.0
"""Seconds between two looks at the records, and at those at a URL."""

LAST = 30
"""Lines of its output that are kept to say why a job failed."""

NOT_FETCHED = ("model", "checkpoint.pt", "ray.log")
_STAMPED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (.*)")


@dataclass(frozen=True, slots=True)
class Request:
    """What the head is asked.

    Attributes:
        job: its name.
        study: name of the study.
        storage: absolute path, or a URL, of the directory of studies.
        overrides: of the study file.
        dashboard: address of the job server.
        follow: whether to tell what happens, until the job has ended.
    """

    job: str
    study: str
    storage: str
    overrides: tuple[str, ...]
    dashboard: str
    follow: bool = True

    @property
    def entrypoint(self) -> str:
        """The job's command."""
        sets = [word for override in self.overrides for word in ("--set", override)]
        words = ["python", "-m", "xlingual", "run", STUDY_FILE, "--address", "auto", "--storage", self.storage, *sets]
        return shlex.join(words)

    @property
    def place(self) -> str:
        """Directory or URL of the study."""
        return f"{self.storage.rstrip('/')}/{self.study}"

    @property
    def directory(self) -> StudyDirectory:
        """The study's records; of those at a URL this machine's mirror."""
        return StudyDirectory(attach(self.place) if is_url(self.place) else Path(self.place))

    @property
    def pause(self) -> float:
        """Seconds between two looks at the records."""
        return REMOTE_PAUSE if is_url(self.place) else PAUSE


def main(arguments: Sequence[str]) -> None:
    """Do what a request asks."""
    content = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    request = Request(**content | {"overrides": tuple(content["overrides"])})
    try:
        attend(request, Jobs(request.dashboard), tell)
    except XlingualError as error:
        tell({"reply": "refused", "reason": str(error)})


def tell(reply: Mapping[str, Any]) -> None:
    """Print a line for the one who asked."""
    print(json.dumps(reply), flush=True)


def attend(request: Request, jobs: Jobs, tell: Callable[[Mapping[str, Any]], None]) -> None:
    """Start a job unless it is there, and follow it to its end.

    Args:
        request: what is asked.
        jobs: the job server.
        tell: takes what is to be said.

    Raises:
        StorageError: when records to follow are at a URL that this login cannot read: nothing is started.
    """
    if request.follow and is_url(request.place):
        _check(request)
    name = jobs.running(request.place) or request.job
    state = jobs.state(name)
    if state is None or (state.ended and state.status != 0):
        jobs.start(name, request.entrypoint, Path.cwd(), {"PYTHONUTF8": "1"}, request.place)
        tell({"reply": "started", "job": name})
    else:
        tell({"reply": "attached", "job": name, "other": name != request.job, "ended": state.ended})
    if not request.follow:
        return
    output = jobs.output(name)
    directory = request.directory
    ended, said = follow(directory, lambda: jobs.state(name), output, lambda: time.sleep(request.pause))
    if directory.journal.exists():
        archive = Path.cwd().parent / "records.tar.gz"
        try:
            tell({"reply": "records", **asdict(pack_records(directory, archive))})
        except StorageError as error:
            tell({"event": "note", "text": f"the records were not fetched: {error}"})
    tell({"reply": "ended", "status": status_of(ended), "reason": reason_of(ended, said)})


def _check(request: Request) -> None:
    try:
        check(request.place)
    except StorageError as error:
        raise StorageError(
            f"on the head, where the study is followed: {error}. What a login over ssh has in its environment counts, "
            "such as exports in ~/.bashrc"
        ) from None


def follow(
    directory: StudyDirectory, state: Callable[[], JobState | None], output: Output, pause: Callable[[], None]
) -> tuple[JobState, list[str]]:
    """Print the events of a study until its job has ended; returns how, and the last lines that it printed."""
    listener = JsonLines(sys.stdout)
    follower = Follower(directory, listener)
    last: deque[str] = deque(maxlen=LAST)
    while True:
        now = state()
        if now is None or now.ended:
            output.wait(10.0)
        for line in output.new():
            last.append(line)
            if (note := note_of(line)) is not None:
                listener.note(note)
        with suppress(StorageError):  # the driver says so, and waits
            follower.look()
        if now is None or now.ended:
            return now or JobState("STOPPED", None, "the job is gone"), list(last)
        pause()


def note_of(line: str) -> str | None:
    """The sentence for the user in a line of the job's output; None in those of stages, trials and scores."""
    found = _STAMPED.fullmatch(line.rstrip())
    if found is None:
        return None
    is_event = re.match(r"(search|replicate|test): (begins|ended)|\S+ (search \d+, )?(trial|seed) \d+: ", found[1])
    return None if is_event else found[1]


def status_of(job: JobState) -> int:
    """The exit status of a job's command; 1 where it was ended from outside."""
    return job.status if job.status is not None else int(job.state != "SUCCEEDED")


def reason_of(job: JobState, said: Sequence[str]) -> str:
    """Why a job failed, in the words of its command; empty when it did not."""
    if status_of(job) == 0:
        return ""
    told = [
        line.strip() for line in said if line.startswith(("error: ", "failed: ")) or re.match(r"\S+\.yaml:\d+: ", line)
    ]
    if told:
        return "\n".join(told)
    if job.state == "STOPPED":
        return "the job was stopped"
    left = [line.strip() for line in said if line.strip()]
    return left[-1] if left else " ".join(job.message.split()) or "the job failed without a word"


@dataclass(frozen=True, slots=True)
class Records:
    """An archive of a study's records: where it is, its hash, the number of files and their size in bytes."""

    path: str
    sha256: str
    files: int
    size: int


def pack_records(directory: StudyDirectory, archive: Path) -> Records:
    """Pack a study's records but for models, checkpoints and Ray's log."""
    refresh(directory.path)
    made, files, size = io.BytesIO(), 0, 0
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for path in _records(directory.path):
            content = path.read_bytes()  # a file may grow meanwhile
            about = tarfile.TarInfo(str(path.relative_to(directory.path)))
            about.size, about.mtime = len(content), int(path.stat().st_mtime)
            tar.addfile(about, io.BytesIO(content))
            files, size = files + 1, size + len(content)
    write_bytes(archive, made.getvalue())
    return Records(str(archive), hashlib.sha256(made.getvalue()).hexdigest(), files, size)


def _records(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(filter(_is_fetched, folders))
        yield from (Path(folder) / name for name in sorted(filter(_is_fetched, files)))


def _is_fetched(name: str) -> bool:
    return name not in NOT_FETCHED and not name.startswith(".") and not name.endswith(".lock")


if __name__ == "__main__":
    main(sys.argv[1:])
