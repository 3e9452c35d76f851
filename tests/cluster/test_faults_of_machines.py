"""A failing machine changes no results: its trials continue elsewhere, and its late writes are refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cluster_command import Command
from cluster_hosts import Hosts

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

pytestmark = pytest.mark.cluster


def trials(directory: StudyDirectory) -> dict[int, Any]:
    """The result of each trial of a search, and all its reports."""
    return {
        trial.number: (
            trial.state,
            trial.objective,
            [
                (report["updates"], report["loss"])
                for report in journal.read(directory.trial(trial.fingerprint).reports)
            ],
        )
        for trial in read_state(directory).trials
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, study_file: Path) -> dict[int, Any]:
    """The search on a single machine."""
    storage = tmp_path_factory.mktemp("undisturbed")
    command = Command(None, str(study_file), "--storage", str(storage), "--until", "search")
    assert command.end() == 0, command.said
    return trials(StudyDirectory(storage / "toy"))


def running_on_all(cluster: Hosts, study_file: Path, storage: Path, *more: str) -> Command:
    """Start a search and wait until each machine trains."""
    where = ("--storage", str(storage), "--address", f"{cluster.head.address}:6379", "--until", "search")
    command = Command(cluster.head, str(study_file), *where, *more)
    reporting: set[str] = set()

    def all_report(line: str) -> bool:
        if " of 200 updates, " in line:
            reporting.add(line.split("trial ")[1].split(":")[0])
        return len(reporting) == len(cluster.all)

    command.line(all_report)
    return command


def test_a_machine_that_is_cut_off_loses_its_trial_to_another_and_no_number_changes(
    cluster: Hosts, study_file: Path, tmp_path: Path, undisturbed: dict[int, Any]
) -> None:
    """Its processes keep running and hold the trial's lock: they still reach the storage."""
    command = running_on_all(cluster, study_file, tmp_path / "studies")
    cluster.all[1].cut()
    assert command.end() == 0, command.said
    assert trials(StudyDirectory(tmp_path / "studies" / "toy")) == undisturbed
    retried = [
        event for event in journal.read(tmp_path / "studies" / "toy" / "journal.jsonl") if "retried" in event["event"]
    ]
    assert len(retried) == 1, command.said


def test_a_machine_whose_storage_goes_away_is_named_and_left_out_and_no_record_is_lost(
    cluster: Hosts, study_file: Path, tmp_path: Path, undisturbed: dict[int, Any]
) -> None:
    """It writes to its own disk, finishes fast, and would draw one trial after another."""
    storage = tmp_path / "studies"
    command = running_on_all(cluster, study_file, storage)
    lost = cluster.all[2]
    lost.run("mount", "-t", "tmpfs", "tmpfs", str(storage))
    assert command.end() == 0, command.said
    assert f"node {lost.address} (h3) is left out: {storage / 'toy'} is not shared with that node" in command.said
    assert trials(StudyDirectory(storage / "toy")) == undisturbed


def test_machines_with_another_model_or_without_the_storage_are_named_before_the_first_trial(
    cluster: Hosts, study_file: Path, tmp_path: Path, toy_files: Any
) -> None:
    storage = tmp_path / "studies"
    storage.mkdir()
    cluster.all[2].run("mount", "-t", "tmpfs", "tmpfs", str(storage))
    model = Path(shutil.copytree(toy_files.model, tmp_path / "model"))
    other = Path(shutil.copytree(model, tmp_path / "other"))
    (other / "config.json").write_text((model / "config.json").read_text() + "\n")
    cluster.all[1].run("mount", "--bind", str(other), str(model))
    where = ("--storage", str(storage), "--address", f"{cluster.head.address}:6379", "--until", "search")
    short = ("--set", "search.trials_per_arm=1", "--set", "search.startup_trials=1", "--set", "training.updates=20")
    command = Command(cluster.head, str(study_file), *where, *short, *toy_files.overrides, "--set", f"model={model}")
    command.line(lambda line: "1 trial runs in parallel: as many as fit the 1 node that is up" in line)
    assert "search: begins" not in command.said
    assert f"node {cluster.all[2].address} (h3) is left out: {storage / 'toy'} is not shared" in command.said
    differs = f"its copy of the model {model} has other content than this command's ("
    assert f"node {cluster.all[1].address} (h2) is left out: {differs}" in command.said
    assert command.end() == 0, command.said
