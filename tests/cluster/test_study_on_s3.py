"""A study on an S3-compatible server: machines that share no disk, a command that is killed and goes on elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cluster_hosts as hosts
import pytest
import s3_server
from cluster_command import Command
from cluster_hosts import Host, Hosts
from toy_study import write_toy_study

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

pytestmark = [pytest.mark.cluster, pytest.mark.real]  # three minutes with one worker
STORAGE = f"s3://{s3_server.BUCKET}/deep/studies"
PORT = 9000
PATIENCE = 1200.0


@pytest.fixture(params=[1, 2], ids=["a worker", "two workers"])
def study(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A smaller study than the other tests' here: all of it is run, twice. Two workers are on two machines."""
    workers = request.param
    scaling = {"workers_per_trial": workers, "cpus_per_worker": 1}
    return write_toy_study(tmp_path / "study.yaml", updates=40, reports=8, trials=3 - workers, scaling=scaling)


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    """Two machines with a disk each, and the server on the first one."""
    lacking = hosts.why_not()
    if lacking:
        pytest.skip(lacking)
    made, served = Hosts(), tmp_path / "server"
    served.mkdir()
    (served / "requests").touch()
    cache = tmp_path / "cache"
    cache.mkdir()
    server = s3_server.S3Server(f"http://{hosts.NETWORK}.1:{PORT}", served)
    for name, value in {**server.environment, "NO_PROXY": "*", "XDG_CACHE_HOME": str(cache)}.items():
        monkeypatch.setenv(name, value)
    process = None
    try:
        for number in (1, 2):
            made.all.append(Host(number))
            made.all[-1].run("mount", "-t", "tmpfs", "tmpfs", str(cache))
        serve = [sys.executable, s3_server.__file__, str(served), f"{hosts.NETWORK}.1", str(PORT)]
        with (served / "output").open("w") as output:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = subprocess.Popen(made.head.command(*serve), **pipes, stderr=output, text=True)
        assert process.stdout is not None and process.stdout.readline() == f"{PORT}\n"
        make = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], method='PUT')).close()"
        made.head.run(sys.executable, "-c", make, f"{server.url}/{s3_server.BUCKET}")
        for host in made.all:
            host.start_ray(None if host is made.head else made.head)
        yield made
    finally:
        made.end()  # and the server on it
        if process is not None:
            process.communicate()


def outcome(directory: StudyDirectory) -> dict[str, Any]:
    """Trials with all their reports, the choice, and the scores on the test set."""
    state = read_state(directory)
    reports = {
        trial.fingerprint: [
            {name: value for name, value in report.items() if name not in ("seconds",)}
            for report in journal.read(directory.trial(trial.fingerprint).reports)
        ]
        for trial in state.trials
    }
    trials = {trial.number: (trial.fingerprint, trial.state, trial.objective) for trial in state.trials}
    events = journal.read(directory.journal)
    scores = {(e["arm"], e["seed"], e["set"]): e["scores"] for e in events if e["event"] == "test_scored"}
    return {"trials": trials, "reports": reports, "chosen": state.chosen, "scores": scores}


def reported(command: Command, trials: int) -> None:
    """Wait until some trials have reported."""
    found: set[str] = set()

    def enough(line: str) -> bool:
        if " of 40 updates, " in line:
            found.add(line.split("trial ")[1].split(":")[0])
        return len(found) >= trials

    command.line(enough)


def test_a_study_on_s3_killed_and_continued_from_another_machine_is_the_undisturbed_one(
    machines: Hosts, study: Path, tmp_path: Path
) -> None:
    address = ("--address", f"{machines.head.address}:6379")
    first = Command(machines.head, str(study), "--storage", STORAGE, *address, seconds=PATIENCE)
    reported(first, 1)
    first.kill()
    second = Command(machines.all[1], str(study), "--storage", STORAGE, *address, seconds=PATIENCE)
    assert second.end() == 0, second.said
    calm = Command(None, str(study), "--storage", str(tmp_path / "calm"), seconds=PATIENCE)
    assert calm.end() == 0, calm.said
    expected = outcome(StudyDirectory(tmp_path / "calm" / "toy"))
    told = {}
    for name, place in {"s3": f"{STORAGE}/toy", "calm": str(tmp_path / "calm" / "toy")}.items():
        command = [sys.executable, "-m", "xlingual", "report", place, "--json"]
        done = subprocess.run(
            machines.all[1].command(*command) if name == "s3" else command,
            capture_output=True, text=True, env=hosts.environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told[name] = json.loads(done.stdout)
        for reading in told[name]["ledger"]:
            del reading["time"], reading["command"], reading["events"]  # a command more has more events
    assert told["s3"] == told["calm"]
    copy = tmp_path / "copy"
    machines.all[1].run("cp", "-r", str(tmp_path / "cache"), str(copy))
    (mirror,) = copy.glob("xlingual/storage/*/toy")
    assert outcome(StudyDirectory(mirror)) == expected
    assert len(journal.read(StudyDirectory(mirror).environment)) == 2, "the first command was not killed"
