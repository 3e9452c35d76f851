"""Requests to studies that Ray Tune runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.control import request, requests
from xlingual.records.layout import StudyDirectory
from xlingual.records.requests import ENDED_BY_REQUEST
from xlingual.records.state import read_state
from xlingual.search.driver import drive
from xlingual.search.listener import TrialView
from xlingual.study import load_study

OWN: dict[str, Any] = {
    "training": {
        "updates": 12,
        "batch_size": 8,
        "micro_batch_size": 4,
        "learning_rate": {"log_uniform": [1e-4, 1e-2]},
        "precision": "fp32",
        "reports": 12,
    },
    "arms": {"plain": {"baseline": True}, "noise": {"robust": {"embedding_noise": {"magnitude": 0.1}}}},
    "replicates": {"searches": 1, "seeds": 1},
    "scaling": {"concurrent_trials": 1},
}


class Hand:
    """A listener in whose place somebody makes requests: by trial, and at which of its reports."""

    def __init__(self, directory: StudyDirectory, acts: dict[tuple[str, int], list[tuple[str, Any]]]) -> None:
        self.directory, self.acts = directory, dict(acts)
        self.notes: list[str] = []
        self.plans: list[tuple[int, dict[str, str]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: None

    def trial_changed(self, trial: TrialView) -> None:
        for action, value in self.acts.pop((trial.key, trial.updates), []):
            request(self.directory, action, value)

    def plan_changed(self, total: int, held: Any) -> None:
        self.plans.append((total, dict(held)))

    def note(self, text: str) -> None:
        self.notes.append(text)


def run(path: Path, directory: StudyDirectory, **acts: Any) -> Hand:
    hand = Hand(directory, **acts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drive(load_study(path), directory.path, until="report", address="local", listener=hand)
    return hand


def test_an_arm_is_stopped_and_trials_and_room_are_added_while_tune_runs(
    ray_cluster: None, write_study: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlingual.search.control.LOOKS", 0.0)
    path = write_study("steered", **OWN, search={"trials_per_arm": 2})
    directory = StudyDirectory(path.parent / "studies" / "steered")
    acts = {
        ("noise/1", 3): [("stop", "noise")],
        ("plain/1", 6): [("trials", 4), ("concurrent", 2)],  # while it is the last one that trains
    }
    hand = run(path, directory, acts=acts)
    state = read_state(directory)
    assert state.complete and not hand.acts and [one.state for one in requests(directory)] == ["applied"] * 3
    first, cut = state.arm_trials("noise")
    assert first.state == "finished" and cut.state == "pruned" and 3 <= cut.updates < 12
    assert cut.reason == f"{ENDED_BY_REQUEST} after {cut.updates} updates"
    assert [trial.state for trial in state.arm_trials("plain")] == ["finished"] * 4
    assert state.study["scaling"]["concurrent_trials"] == 2 and len(state.replicates) == 2
    assert (6, {"noise": "stopped"}) in hand.plans
    open_now = most = 0
    for event in journal.read(directory.journal):
        open_now += {"trial_started": 1, "trial_ended": -1}.get(event["event"], 0)
        most = max(most, open_now)
    assert most == 2
    tries = [event for event in journal.read(directory.journal) if event["event"] == "trial_retried"]
    assert not tries


@pytest.mark.real
def test_a_driver_killed_after_a_request_keeps_to_it(ray_cluster: None, write_study: Any, call: Any) -> None:
    """Asked on the command line while another process runs the study, which is killed once it has taken it up."""
    long = OWN["training"] | {"updates": 60, "reports": 15}
    path = write_study("steered_and_killed", **(OWN | {"training": long}), search={"trials_per_arm": 1})
    directory = StudyDirectory(path.parent / "studies" / "steered_and_killed")
    lines = []
    command = [sys.executable, "-m", "xlingual", "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1) as process:
        watchdog = threading.Timer(400, process.kill)
        watchdog.start()
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if not directory.requests.exists() and " updates, " in line:
                for asked in (("trials", "2"), ("pause", "noise")):
                    done = call("control", directory.path, *asked)
                    assert done.status == 0 and "takes it up within seconds" in done.output, done
            if "pause noise: taken up" in line:
                os.kill(process.pid, signal.SIGKILL)
                break
        watchdog.cancel()
    assert "pause noise: taken up" in lines[-1], "".join(lines)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paused = call("run", path)
        assert paused.status == 1 and "error: paused: noise (since " in paused.errors
        assert "search.trials_per_arm: 2, as it was asked for; the study file says 1" in paused.output
        assert call("status", directory.path).output.count("PAUSED: noise") == 1
        assert call("control", directory.path, "resume", "noise").status == 0
        again = call("run", path)
    assert again.status == 0, again.output + again.errors
    state = read_state(directory)
    assert state.complete and {arm: len(state.arm_trials(arm)) for arm in state.arms} == {"plain": 2, "noise": 2}
    assert [one.state for one in requests(directory)] == ["applied"] * 3
    assert [one.request.text for one in requests(directory)] == ["trials 2", "pause noise", "resume noise"]
