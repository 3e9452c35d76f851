"""A failing machine changes no results: its trials continue elsewhere, and its late writes are refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cluster_hosts as hosts
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
    command = Command(None, str(study_file), "--storage", str(storage), "--until", "search", seconds=900)
    assert command.end() == 0, command.said
    return trials(StudyDirectory(storage / "toy"))


def search_at(cluster: Hosts, storage: Path) -> tuple[str, ...]:
    """Options of the search on a cluster."""
    return ("--storage", str(storage), "--address", f"{cluster.head.address}:6379", "--until", "search")


def all_report(command: Command, machines: int) -> None:
    """Wait until so many trials have told of updates since now."""
    reporting: set[str] = set()

    def heard(line: str) -> bool:
        if " of 200 updates, " in line:
            reporting.add(line.split("trial ")[1].split(":")[0])
        return len(reporting) == machines

    command.line(heard)


def running_on_all(cluster: Hosts, study_file: Path, storage: Path, *more: str) -> Command:
    """Start a search and wait until each machine trains."""
    command = Command(cluster.head, str(study_file), *search_at(cluster, storage), *more)
    all_report(command, len(cluster.all))
    return command


def retries(storage: Path) -> list[str]:
    """Why trials were tried again, so far."""
    return [event["reason"] for event in journal.read(storage / "toy" / "journal.jsonl") if "retried" in event["event"]]


@pytest.mark.real
def test_a_machine_that_is_cut_off_loses_its_trial_to_another_and_no_number_changes(
    cluster: Hosts, study_file: Path, tmp_path: Path, undisturbed: dict[int, Any]
) -> None:
    """Its processes keep running and hold the trial's lock: they still reach the storage."""
    command = running_on_all(cluster, study_file, tmp_path / "studies")
    cluster.all[1].cut()
    assert command.end() == 0, command.said
    assert trials(StudyDirectory(tmp_path / "studies" / "toy")) == undisturbed
    assert len(retries(tmp_path / "studies")) == 1, command.said


@pytest.mark.real
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
    where = search_at(cluster, storage)
    short = ("--set", "search.trials_per_arm=1", "--set", "search.startup_trials=1", "--set", "training.updates=20")
    command = Command(cluster.head, str(study_file), *where, *short, *toy_files.overrides, "--set", f"model={model}")
    command.line(lambda line: "1 trial runs in parallel: as many as fit the 1 node that is up" in line)
    assert "search: begins" not in command.said
    assert f"node {cluster.all[2].address} (h3) is left out: {storage / 'toy'} is not shared" in command.said
    differs = f"its copy of the model {model} has other content than this command's ("
    assert f"node {cluster.all[1].address} (h2) is left out: {differs}" in command.said
    assert command.end() == 0, command.said


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk that all machines see."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("needs the right to mount a disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def patient(disk: Path) -> Iterator[Hosts]:
    """Three machines that see the disk; Ray forgives one that cannot be reached for half a minute."""
    lacking = hosts.why_not()
    if lacking:
        pytest.skip(lacking)
    made = Hosts()
    try:
        made.start(3, RAY_health_check_failure_threshold="10", RAY_health_check_timeout_ms="5000")
        yield made
    finally:
        made.end()


def fill(disk: Path) -> Path:
    """Write until nothing more goes on a disk; returns the file to delete."""
    filler = disk / "filler"
    with suppress(OSError), open(filler, "wb", buffering=0) as stream:
        while os.statvfs(disk).f_bavail and stream.write(bytes(4096)):
            pass
    return filler


@pytest.mark.real
def test_one_fault_after_the_other_changes_no_number(
    patient: Hosts, study_file: Path, disk: Path, undisturbed: dict[int, Any]
) -> None:
    """Another command, a short cut, a killed trial, a full disk, a read-only one, a dead machine, and the head last."""
    storage = disk / "studies"
    head, second, third = patient.all
    arguments = (str(study_file), *search_at(patient, storage))

    command = Command(head, *arguments, seconds=900)
    command.line(lambda line: "run in parallel" in line)
    other = Command(second, *arguments, seconds=900)
    all_report(command, 3)
    second.cut()
    command.line(lambda line: " of 200 updates, " in line)
    second.heal()
    all_report(command, 3)
    assert retries(storage) == [], command.said
    assert third.kill("ray::ImplicitFunc")
    command.line(lambda line: "tried again in 10 s" in line)
    assert other.end() == 1, other.said
    assert "another process writes here" in other.lines[-1]
    filler = fill(disk)
    assert command.end() == 1, command.said
    assert "No space left on device" in command.lines[-1]
    filler.unlink()

    command = Command(head, *arguments, seconds=900)
    all_report(command, 3)
    patient.all.remove(third)
    third.end()
    command.line(lambda line: "tried again in " in line)
    head.run("mount", "--bind", str(disk), str(disk))  # on top: files of below stay open
    head.run("mount", "-o", "remount,bind,ro", str(disk))
    assert command.end() == 1, command.said
    assert "Read-only file system" in command.lines[-1]
    head.run("umount", str(disk))

    command = Command(second, *arguments, seconds=900)
    all_report(command, 1)
    head.kill_ray()
    began = time.monotonic()
    assert command.end() == 1, command.said
    assert time.monotonic() - began < 60.0
    assert "does not answer any more; what is finished is kept and whole" in command.lines[-1]
    refused = Command(second, *arguments, seconds=900)
    assert refused.end() == 1, refused.said  # the head's port is closed
    assert f"--address {head.address}:6379" in refused.lines[-1]

    second.kill_ray()
    head.start_ray()
    second.start_ray(head)
    command = Command(head, *arguments, seconds=900)
    assert command.end() == 0, command.said
    assert trials(StudyDirectory(storage / "toy")) == undisturbed
