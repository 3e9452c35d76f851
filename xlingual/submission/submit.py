"""Submit a study to a running cluster: send the project, start or find its job, follow it, fetch the records."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from xlingual.activity import doing
from xlingual.errors import XlingualError
from xlingual.progress.followed import News, events
from xlingual.search.listener import Listener
from xlingual.study import Study
from xlingual.submission.head import Head, HeadError
from xlingual.submission.on_head import Request
from xlingual.submission.pack import Pack, sized

JOBS = ".xlingual/jobs"
"""Directory of jobs below the home directory of the head."""

FETCHED = Path("fetched")
"""Where records of studies on clusters are copied to: below it, a directory for each study."""

PATIENCE = 600.0
"""Seconds for which a lost connection is tried again."""

LONGEST_PAUSE = 30.0


class Lost(XlingualError):
    """The connection was lost for good; the job goes on."""


@dataclass
class Outcome:
    """How a submission ended.

    Attributes:
        job: its name; empty until it is there.
        status: exit status of the study's command; None while it runs.
        reason: why it failed; empty when it did not.
        archive: of the records, on the head; empty where there are none.
        records: where they were fetched to; None where they were not.
    """

    job: str = ""
    status: int | None = None
    reason: str = ""
    archive: dict[str, Any] = field(default_factory=dict)
    records: Path | None = None


@dataclass
class Submission:
    """A study on its way to a cluster.

    Attributes:
        head: of the cluster.
        study: to run.
        storage: absolute path, or URL, of the directory of studies.
        overrides: of the study file.
        dashboard_port: of the head.
        again: what the user writes to follow it again.
        root: the project's directory.
        clock, pause: of this process; `pause` takes seconds.
    """

    head: Head
    study: Study
    storage: str
    overrides: tuple[str, ...]
    dashboard_port: int
    again: str
    root: Path = field(default_factory=Path.cwd)
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    def request(self, packed: Pack, follow: bool = True) -> Request:
        """Make what the head is asked; the job's name tells its content."""
        job = f"{self.study.name}-{packed.fingerprint(self.storage, *self.overrides)}"
        dashboard = f"http://127.0.0.1:{self.dashboard_port}"
        return Request(job, self.study.name, self.storage, self.overrides, dashboard, follow)

    def send(self, packed: Pack, request: Request) -> None:
        """Copy the project and the request to the head.

        Raises:
            HeadError: when it cannot be reached.
        """
        with (
            tempfile.TemporaryDirectory() as folder,
            doing(f"sending {sized(packed.size)} to {self.head.name}"),
        ):
            archive = Path(folder) / f"{request.job}.tar.gz"
            archive.write_bytes(packed.archive({"request.json": json.dumps(asdict(request))}))
            self.head.send(archive, f"~/{_sent(request)}")

    def run(self, request: Request, listener: Listener) -> Outcome:
        """Start the job, or find it, and follow it until it has ended; a lost connection is tried again.

        Raises:
            Lost: when it stays lost.
            XlingualError: when the head cannot be reached at first, or refuses.
        """
        outcome, news, heard, tries = Outcome(), News(listener), self.clock(), 0
        while True:
            reason = "it ended"
            try:
                with closing(self.head.lines(command(request))) as lines:
                    for reply in events(lines, news):
                        _take(reply, outcome, news)
                        heard, tries = self.clock(), 0
            except HeadError as error:
                if not outcome.job:
                    raise
                reason = str(error)
            if outcome.status is not None or (outcome.job and not request.follow):
                return outcome
            if self.clock() - heard > PATIENCE:
                raise Lost(
                    f"{self.head.file}: the connection to cluster {self.head.name} is lost; the job goes on there. "
                    f"Follow it again with `{self.again}`"
                )
            tries += 1
            if tries == 1:
                listener.note(f"the connection to {self.head.name} is lost ({reason}); it is tried again")
            self.pause(min(LONGEST_PAUSE, 2.0**tries))

    def fetch(self, outcome: Outcome) -> None:
        """Copy the study's records from the head, whole or not at all.

        Raises:
            HeadError: when the head cannot be reached.
            XlingualError: when what came is not what was sent.
        """
        archive = outcome.archive
        if not archive:
            return
        with tempfile.TemporaryDirectory() as folder, doing(f"fetching {sized(archive['size'])} of records"):
            copy = Path(folder) / "records.tar.gz"
            self.head.fetch(archive["path"], copy)
            if hashlib.sha256(copy.read_bytes()).hexdigest() != archive["sha256"]:
                raise XlingualError(
                    f"the records of {self.study.name} changed on the way from {self.head.name}; run the same command "
                    "again, which fetches them again"
                )
            outcome.records = unpack(copy, self.root / FETCHED / self.study.name)


def command(request: Request) -> str:
    """The shell command by which the head is asked: it unpacks what was sent, and attends to the job."""
    folder, archive = shlex.quote(f"{JOBS}/{request.job}"), shlex.quote(_sent(request))
    return (
        f"cd && mkdir -p {folder} && {{ [ ! -e {archive} ] || "
        f"{{ tar -xzf {archive} -C {folder} && rm {archive}; }}; }} && "
        f'cd {folder}/project && PYTHONUTF8=1 PYTHONPATH="$PWD:$PYTHONPATH" '
        "python -m xlingual.submission.on_head ../request.json"
    )


def _sent(request: Request) -> str:
    """Where the archive is sent: into the home directory, since rsync makes no directories."""
    return f".xlingual-{request.job}.tar.gz"


def _take(reply: Mapping[str, Any], outcome: Outcome, listener: Listener) -> None:
    """Take what the head says besides the study's events."""
    kind = reply.get("reply")
    if kind == "refused":
        raise XlingualError(str(reply["reason"]))
    if kind in ("started", "attached"):
        outcome.job = str(reply["job"])
        others = "; it was submitted with other files or settings than these" if reply.get("other") else ""
        now = "has ended" if reply.get("ended") else "runs already"
        listener.note(f"job {outcome.job} {'started' if kind == 'started' else now}{others}")
    elif kind == "ended":
        outcome.status, outcome.reason = int(reply["status"]), str(reply["reason"])
    elif kind == "records":
        outcome.archive = dict(reply)


def unpack(archive: Path, target: Path) -> Path:
    """Unpack records; replaces what was fetched before."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fresh = Path(folder) / "records"
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(fresh, filter="data")
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    return target
