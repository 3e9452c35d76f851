"""Ray's job server, asked on the head of a cluster: a study that was submitted is a job, whose driver runs there."""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import PlacementError

STUDY = "xlingual_study"
"""Key of a job's metadata: the study's directory. One job at a time writes to it."""

ENDED = ("SUCCEEDED", "FAILED", "STOPPED")


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as the server knows it: its state, exit status (None unless it ended by itself), and a word on it."""

    state: str
    status: int | None
    message: str

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDED


class Jobs:
    """The job server of a cluster.

    Args:
        address: such as http://127.0.0.1:8265, as seen from the head.

    Raises:
        PlacementError: when it does not answer.
    """

    def __init__(self, address: str) -> None:
        if Path("~/.ray/auth_token").expanduser().exists():
            os.environ.setdefault("RAY_AUTH_MODE", "token")
        from ray.job_submission import JobSubmissionClient

        logging.getLogger("ray").setLevel(logging.ERROR)
        try:
            self._client = JobSubmissionClient(address)
        except (ConnectionError, RuntimeError) as error:
            raise PlacementError(
                f"Ray's job server does not answer at {address} on the head ({_line(error)}); see there whether Ray "
                "runs, and at which --dashboard-port"
            ) from None

    def running(self, study: str) -> str | None:
        """Name the job that runs the study of a directory now; None without one."""
        jobs = self._client.list_jobs()
        mine = (job for job in jobs if (job.metadata or {}).get(STUDY) == study and job.status not in ENDED)
        return next((str(job.submission_id) for job in mine), None)

    def state(self, name: str) -> JobState | None:
        """Return a job's state; None where there is no such job."""
        found = [job for job in self._client.list_jobs() if job.submission_id == name]
        if not found:
            return None
        message = (found[0].message or "").strip()
        return JobState(str(found[0].status.value), found[0].driver_exit_code, message)

    def start(self, name: str, entrypoint: str, folder: Path, environment: Mapping[str, str], study: str) -> None:
        """Start a job; one of that name that has ended makes room.

        Args:
            name: of the job.
            entrypoint: shell command that is run in the folder; it takes no resources.
            folder: sent to every node.
            environment: variables of all its processes.
            study: directory of the study.
        """
        before = self.state(name)
        if before is not None and before.ended:
            self._client.delete_job(name)
        self._client.submit_job(
            entrypoint=entrypoint,
            submission_id=name,
            runtime_env={"working_dir": str(folder), "env_vars": dict(environment)},
            metadata={STUDY: study},
        )

    def output(self, name: str) -> Output:
        """Begin to read what a job prints."""
        return Output(self._client, name)


class Output:
    """What a job prints, line by line, from its beginning."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def new(self) -> Iterator[str]:
        """Yield the lines that came since the last call."""
        while not self._lines.empty():
            yield self._lines.get()

    def wait(self, seconds: float) -> None:
        """Wait until a job that has ended has nothing more to say."""
        self._thread.join(seconds)

    def _read(self) -> None:
        asyncio.run(self._tail())

    async def _tail(self) -> None:
        left = ""
        try:
            async for text in self._client.tail_job_logs(self._name):
                *lines, left = (left + text).split("\n")
                for line in lines:
                    self._lines.put(line)
        except (OSError, RuntimeError):  # the state of the job says what happened
            pass
        if left:
            self._lines.put(left)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).partition(". ")[0] or type(error).__name__
