"""Several workers per trial: Ray Train inside Ray Tune."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import ray

from xlingual.families import Checkpoint
from xlingual.preparation.inputs import load_study_data, locate, trial_inputs
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import TrialDirectory
from xlingual.records.state import read_state
from xlingual.search.groups import groups
from xlingual.study import TrialConfiguration, load_study
from xlingual.training.loop import train_trial
from xlingual.training.worker import SoloWorker

ONE_TRIAL = {"trials_per_arm": 1, "startup_trials": 1}
ONE_ARM = {"plain": {"baseline": True}}


def test_two_workers_give_the_numbers_of_one(
    ray_cluster: None, write_study: Any, drive_study: Any, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    """Two workers under Ray Train, and one in this process without Ray."""
    path = write_study("workers", arms=ONE_ARM, search=ONE_TRIAL)
    together, recorder = drive_study(path, "scaling.workers_per_trial=2", until="search")
    (trial,) = read_state(together).trials
    assert trial.state == "finished"
    (start,) = journal.read(together.trial(trial.fingerprint).environment)
    assert start["workers"] == 2

    content = read_json(together.trial(trial.fingerprint).configuration)
    assert content.pop("fingerprint") == trial.fingerprint
    study, alone = load_study(path), TrialDirectory(tmp_path / "alone")
    inputs = trial_inputs(
        Checkpoint.at(tiny_checkpoint), study, load_study_data(study, locate(study, tmp_path), tmp_path / "faq")
    )
    configuration = TrialConfiguration.model_validate(content)
    train_trial(configuration, inputs, Checkpoint.at(tiny_checkpoint), alone, SoloWorker(), keep_model=False)

    one, other = (journal.read(each.reports) for each in (alone, together.trial(trial.fingerprint)))
    assert [report["updates"] for report in one] == [report["updates"] for report in other] == [3, 6, 9, 12]
    for mine, theirs in zip(one, other, strict=True):
        assert theirs["loss"] == pytest.approx(mine["loss"], rel=1e-4)
        assert theirs["f1"] == pytest.approx(mine["f1"], abs=4.1)  # one question of twenty-five
    assert [trial.updates for trial in recorder.trials if trial.state == "running"] == [0, 3, 6, 9, 12]


@contextmanager
def placed_groups() -> Iterator[list[set[str]]]:
    """Look all the time which placement groups hold CPUs; yields the ids of each look."""
    looks: list[set[str]] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            looks.append({group.key for group in groups() if group.placed and group.trains})

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        ended.set()
        thread.join()


@pytest.mark.cluster
@pytest.mark.real
def test_a_trial_takes_as_many_workers_as_there_is_room_for(
    ray_cluster: None, write_study: Any, drive_study: Any
) -> None:
    """Of one to eight, on a machine of fewer CPUs; and Ray Train's own files are gone when it ended."""
    path = write_study("elastic", arms=ONE_ARM, search=ONE_TRIAL)
    directory, _ = drive_study(path, "scaling.workers_per_trial=[1, 8]", until="search")
    (trial,) = read_state(directory).trials
    assert trial.state == "finished"
    (start,) = journal.read(directory.trial(trial.fingerprint).environment)
    assert start["workers"] == min(8, int(ray.cluster_resources()["CPU"]))
    reports = journal.read(directory.trial(trial.fingerprint).reports)
    assert [report["updates"] for report in reports] == [3, 6, 9, 12]
    assert not (directory.path / "ray").exists()


@pytest.mark.cluster
@pytest.mark.real
def test_a_trial_that_the_scheduler_stops_gives_its_workers_back_before_another_takes_their_place(
    ray_cluster: None, write_study: Any, drive_study: Any, call: Any
) -> None:
    """And `replay` trains all of them again with two workers, and stops the same ones there."""
    path = write_study(
        "pruned",
        arms={
            "plain": {
                "baseline": True,
                "training": {"learning_rate": {"choice": [3e-3, 1e-8, 1e-9]}},
                "first": {"training": {"learning_rate": 3e-3}},  # the others are worse
            }
        },
        training={"updates": 40, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 1e-3, "reports": 10},
        search={
            "trials_per_arm": 3,
            "scheduler": "asha",
            "grace_share": 0.25,
            "reduction_factor": 2,
            "startup_trials": 3,
            "sampler": "random",
        },
        scaling={"workers_per_trial": 2, "concurrent_trials": 1},
    )
    room = int(ray.cluster_resources()["CPU"]) // 2
    with placed_groups() as looks:
        directory, _ = drive_study(path, until="search")
    assert 1 <= max(len(keys) for keys in looks) <= room  # never one more, though a stopped one's workers end later
    assert len(set[str]().union(*looks)) == 3  # one a trial
    states = Counter(trial.state for trial in read_state(directory).trials)
    assert states == {"finished": 1, "pruned": 2}
    whole_machine = ray.remote(num_cpus=int(ray.cluster_resources()["CPU"]))(lambda: "free")
    assert ray.get(whole_machine.remote(), timeout=60) == "free"
    again = call("replay", directory.path, "--all", "--json")
    assert again.status == 0, again.output
    trained = json.loads(again.output)
    assert (trained["equal"], trained["of"]) == (3, 3)
    reports = [one["compared"]["reports"] for one in trained["trials"]]
    assert sorted(reports) == sorted(trial.updates // 4 for trial in read_state(directory).trials)
    assert min(reports) < 10 == max(reports)
