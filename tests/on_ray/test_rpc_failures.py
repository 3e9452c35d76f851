"""Calls between Ray's processes that fail: Ray injects the failures itself, `RAY_testing_rpc_failure` says which."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

OFTEN = {"num_failures": -1, "req_failure_prob": 10, "resp_failure_prob": 10}
"""Of a hundred calls ten do not arrive, and of ten more the answer is lost."""
CONTROL = "ray::rpc::{}GcsService.grpc_client.{}"
REPEATED = (
    "NodeManagerService.grpc_client.RequestWorkerLease",
    "NodeManagerService.grpc_client.ReturnWorkerLease",
    "NodeManagerService.grpc_client.PinObjectIDs",
    "CoreWorkerService.grpc_client.GetObjectStatus",
    CONTROL.format("ActorInfo", "RegisterActor"),
    CONTROL.format("ActorInfo", "CreateActor"),
    CONTROL.format("PlacementGroupInfo", "CreatePlacementGroup"),
    CONTROL.format("PlacementGroupInfo", "RemovePlacementGroup"),
    CONTROL.format("InternalKV", "InternalKVGet"),
    CONTROL.format("InternalKV", "InternalKVPut"),
)
"""Calls that Ray repeats by itself. Not among them: a failed `CommitBundleResources` leaves CPUs taken for ever."""
PUSH = "CoreWorkerService.grpc_client.PushTask"
"""How a trial's process is told to go on: Ray does not repeat that, as nobody knows whether it arrived."""
FAILURES = {call: OFTEN for call in REPEATED} | {
    PUSH: {"num_failures": 3, "req_failure_prob": 10, "resp_failure_prob": 10} | {
        f"num_lower_bound_{side}_failures": 1 for side in ("req", "resp")
    }
}  # fmt: skip
"""In each process, at least one request and one answer of the last kind is lost, and three at most."""


class Ended(NamedTuple):
    """A command that ended, and what Ray says that it let fail."""

    status: int
    output: str
    injected: list[str]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one for Ray's logs: the paths of its sockets are bounded."""
    with tempfile.TemporaryDirectory(prefix="xl", dir="/tmp") as made:
        yield Path(made)


def run(path: Path, folder: Path, failures: dict[str, Any], *more: str) -> Ended:
    """Run a study while Ray lets calls fail."""
    settings = {"RAY_testing_rpc_failure": json.dumps(failures), "RAY_TMPDIR": str(folder), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "xlingual", "run", str(path), *more]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(command, env=os.environ | settings, timeout=900, check=False, **streams)  # type: ignore[call-overload]
    logs = "\n".join(file.read_text(errors="replace") for file in folder.glob("ray/session_*/logs/*.log"))
    return Ended(done.returncode, done.stdout, re.findall(r"Inject RPC .* failure for (\S+)", logs))


def outcome(directory: StudyDirectory) -> dict[str, Any]:
    """Trials and replicates with all their reports, what was chosen, and the scores on the test set."""
    events, state = journal.read(directory.journal), read_state(directory)
    trained = (*state.trials, *state.replicates)
    reports = {one.fingerprint: journal.read(directory.trial(one.fingerprint).reports) for one in trained}
    return {
        "trials": {(one.arm, one.number): (one.fingerprint, one.state, one.objective) for one in state.trials},
        "reports": {
            key: [(one["updates"], one["loss"], one["objective"]) for one in of] for key, of in reports.items()
        },
        "chosen": state.chosen,
        "scores": {(e["arm"], e["seed"]): e["scores"] for e in events if e["event"] == "test_scored"},
    }


@pytest.mark.real
@pytest.mark.cluster
def test_calls_that_fail_change_no_number(write_study: Any, folder: Path) -> None:
    """Ray survives the failures of some calls; of others the trial is tried again, in the same command."""
    training = {
        "updates": 24, "batch_size": 8, "micro_batch_size": 4, "learning_rate": {"log_uniform": [1e-4, 1e-2]},
        "precision": "fp32", "reports": 4,
    }  # fmt: skip
    path = write_study(
        "calls",
        training=training,
        search={"trials_per_arm": 2, "sampler": "random", "scheduler": "none"},
        replicates={"searches": 1, "seeds": 1},
    )
    failed = run(path, folder, FAILURES, "--storage", str(folder / "failing"))
    assert failed.status == 0, failed.output
    assert PUSH in failed.injected and set(failed.injected) & set(REPEATED), set(failed.injected)
    there = StudyDirectory(folder / "failing" / "calls")
    retried = [event for event in journal.read(there.journal) if event["event"].endswith("_retried")]
    assert any("ActorUnavailableError" in event["reason"] for event in retried), failed.output
    calm = run(path, folder, {}, "--storage", str(folder / "calm"))
    assert calm.status == 0, calm.output
    assert outcome(there) == outcome(StudyDirectory(folder / "calm" / "calls"))


@pytest.mark.cluster
def test_a_command_that_ray_ends_at_its_start_says_how_to_go_on(write_study: Any, folder: Path) -> None:
    """Its C++ part ends the process where it cannot ask its raylet for settings; no handler of Python's is called."""
    path = write_study("ended", arms={"plain": {"baseline": True}}, search={"trials_per_arm": 1})
    asks = "NodeManagerService.grpc_client.GetSystemConfig"
    lost = {"num_failures": -1, "req_failure_prob": 100, "resp_failure_prob": 0}
    ended = run(path, folder, {asks: lost})
    assert ended.status == 1, ended.output
    assert set(ended.injected) == {asks}
    log = path.parent / "studies" / "ended" / "ray.log"
    assert ended.output.splitlines()[-1] == (
        f"error: this command was ended at once, by a signal or by Ray itself, whose own messages are in {log}; "
        "what is finished is kept and whole: run the same command again to go on"
    )
    assert "Failed to get the system config from raylet" in log.read_text()
