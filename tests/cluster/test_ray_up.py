"""`ray up` on three machines: a study with two workers a trial loses a process and two machines, and no number."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cluster_hosts
import login_hosts
import pytest
from cluster_files import copy_project
from login_hosts import LoginHosts
from toy_study import write_toy_study

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

pytestmark = [pytest.mark.cluster, pytest.mark.real]

SCALING = {"workers_per_trial": 2, "cpus_per_worker": 1, "concurrent_trials": "auto"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project as `ray up` copies it, with a study."""
    copy_project(tmp_path)
    write_toy_study(tmp_path / "studies" / "toy.yaml", updates=320, reports=20, trials=2, scaling=SCALING)
    return tmp_path


@pytest.fixture
def cluster(project: Path) -> Iterator[LoginHosts]:
    """Three machines, the head with two CPUs, on which Ray runs; none of them has the project but by `ray up`."""
    lacking = login_hosts.why_not()
    if lacking:
        pytest.skip(lacking)
    folder = Path(tempfile.mkdtemp(prefix="xl"))
    made = LoginHosts(folder)
    try:
        made.boot((2, 1, 1))
        made.up(project)
        yield made
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)


def results(directory: StudyDirectory) -> dict[str, Any]:
    """Every trial and replicate with all its reports, and the scores on the test set."""
    state = read_state(directory)
    trained = (*state.trials, *state.replicates)
    reports = {one.fingerprint: journal.read(directory.trial(one.fingerprint).reports) for one in trained}
    return {
        "trials": [(one.number, one.fingerprint, one.state, one.objective) for one in state.trials],
        "replicates": [(one.seed, one.fingerprint, one.state, dict(one.scores)) for one in state.replicates],
        "reports": {
            key: [(one["updates"], one["loss"], one["objective"]) for one in of] for key, of in reports.items()
        },
    }


def test_what_a_cluster_loses_changes_no_number(cluster: LoginHosts, project: Path) -> None:
    storage = cluster.folder / "studies"
    head, cut, killed = cluster.all
    command = f"python -m xlingual submit studies/toy.yaml --cluster cluster.yaml --storage {storage}"
    said, running = [], set[str]()
    with cluster.laptop.sh(f"cd ~/xlingual && {command}") as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            found = re.search(r"baseline (trial \d): running, \d+ of 320 updates", line)
            if found is None or found[1] in running:
                continue
            running.add(found[1])
            if len(running) == 2:  # wherever their workers are, each trial loses one
                assert head.kill("ray::.*TrainWorker"), "".join(said)
                cut.cut()
                cluster.all.remove(killed)
                killed.end()
    assert process.returncode == 0, "".join(said)
    assert len(running) == 2, "".join(said)
    there = StudyDirectory(storage / "toy")
    retried = {event["number"] for event in journal.read(there.journal) if event["event"] == "trial_retried"}
    assert retried == {0, 1}
    assert "not schedulable" not in "".join(said)

    undisturbed = cluster.folder / "undisturbed"
    run = [sys.executable, "-m", "xlingual", "run", "studies/toy.yaml", "--storage", str(undisturbed)]
    environment = cluster_hosts.environment() | {"PYTHONPATH": str(project)}
    done = subprocess.run(run, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(there) == results(StudyDirectory(undisturbed / "toy"))
    here = StudyDirectory(cluster.laptop.home / "xlingual" / "fetched" / "toy")
    assert results(here) == results(there)
