"""Trials that fail in training: a killed process, a hang, an error at each try, Ray Tune's folder swept away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from extension_package import environment
from failing_package import OPTIMIZERS, install_failing
from ray.tune.error import TuneError

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

TRAINING = {
    "updates": 12, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 3e-3, "precision": "fp32", "reports": 4,
}  # fmt: skip


def outcome(directory: StudyDirectory) -> dict[str, Any]:
    """The end and all reports of each arm's trial."""
    return {
        trial.arm: (
            trial.fingerprint,
            trial.state,
            trial.objective,
            [
                (report["updates"], report["loss"], report["objective"])
                for report in journal.read(directory.trial(trial.fingerprint).reports)
            ],
        )
        for trial in read_state(directory).trials
    }


@pytest.mark.real
@pytest.mark.cluster
def test_trials_that_fail_are_tried_again_and_no_number_changes(write_study: Any, tmp_path: Path) -> None:
    """Embedded Ray, with the real pauses; that Tune's folder goes away is nothing, as the records are the truth."""
    package = install_failing(tmp_path / "failing")
    path = write_study(
        "faults",
        training=TRAINING,
        arms={name: {"baseline": name == "dying", "training": {"optimizer": name}} for name in OPTIMIZERS},
        search={"trials_per_arm": 1},
        replicates={"searches": 1, "seeds": 1},
    )

    def run(storage: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "xlingual", "run", str(path), "--until", "search", "--storage", str(storage)]
        return subprocess.run(
            command, env=environment(package) | variables, capture_output=True, text=True, timeout=900
        )

    (tmp_path / "told").mkdir()
    scratch = tmp_path / "stormy" / "faults" / "ray"
    stormy = run(tmp_path / "stormy", XLINGUAL_FAULTS=str(tmp_path / "told"), XLINGUAL_SCRATCH=str(scratch))
    assert stormy.returncode == 3, stormy.stdout + stormy.stderr
    calm = run(tmp_path / "calm")
    assert calm.returncode == 0, calm.stdout + calm.stderr
    there = StudyDirectory(tmp_path / "stormy" / "faults")
    found, expected = outcome(there), outcome(StudyDirectory(tmp_path / "calm" / "faults"))
    retried = [event for event in journal.read(there.journal) if event["event"] == "trial_retried"]
    of = {arm: [event["reason"] for event in retried if event["arm"] == arm] for arm in OPTIMIZERS}
    assert len(of["dying"]) == 1 and len(of["failing"]) == 3 and of["sweeping"] == [], of
    assert [reason.startswith("hung: nothing happened for ") for reason in of["hanging"]] == [True], of
    assert found.pop("failing")[1] == "failed" and expected.pop("failing")[1] == "finished"
    assert "this happens every time" in stormy.stdout + stormy.stderr
    assert found == expected


@pytest.mark.real
@pytest.mark.cluster
def test_an_error_of_ray_tune_itself_loses_its_tries_and_no_number(
    ray_cluster: None, write_study: Any, drive_study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is raised in Tune's own loop while a trial trains."""
    from ray.tune.execution.tune_controller import TuneController

    path = write_study("tune", training=TRAINING, arms={"plain": {"baseline": True}}, search={"trials_per_arm": 1})
    calm, _ = drive_study(path, f"storage={tmp_path / 'calm'}", until="search")
    reports = tmp_path / "stormy" / "tune" / "trials" / calm_trial(calm) / "reports.jsonl"
    step, raised = TuneController.step, list[str]()

    def failing(controller: TuneController) -> None:
        if not raised and reports.exists() and journal.read(reports):
            raised.append("once")
            raise TuneError("out of order")
        step(controller)

    monkeypatch.setattr(TuneController, "step", failing)
    stormy, recorder = drive_study(path, f"storage={tmp_path / 'stormy'}", until="search")
    assert raised == ["once"]
    assert [note for note in recorder.notes if "tried again" in note] == [
        "plain/0: Ray Tune failed: TuneError: out of order; tried again in 5 s"
    ]
    assert outcome(stormy) == outcome(calm)


def calm_trial(directory: StudyDirectory) -> str:
    """The fingerprint of a study's only trial."""
    (trial,) = read_state(directory).trials
    return str(trial.fingerprint)
