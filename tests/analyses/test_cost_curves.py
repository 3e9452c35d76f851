"""Curves and hours, by hand from reports."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from xlingual.analyses.cost_curves import arm_hours, cost_points
from xlingual.analyses.study_records import StudyRecords, read_records
from xlingual.records.files import read_json, write_json, write_lines

FREELB = {"adversarial": {"attack": "freelb", "steps": 3, "step_size": 0.1}}


@pytest.fixture
def records(studies: ModuleType, tmp_path: Path) -> StudyRecords:
    test = {"languages": ["en", "de"]}
    builder = studies.finished_study(tmp_path, ("plain", "freelb"), test=test, questions=10)
    builder.robust("freelb", 500, FREELB)
    for seed in (1, 2):
        builder.reports("plain", seed, {250: 50.0 + seed, 500: 70.0 + seed}, seconds=1800.0)
        builder.reports("freelb", seed, {250: 60.0 + seed, 500: 80.0 + seed})
        starts = [
            {"from_update": 0, "workers": 2, "device": "GPU"},
            {"from_update": 250, "workers": 1, "device": "GPU"},
        ]
        write_lines(builder.directory.trial(f"plain-1-seed-{seed}").environment, starts)
    write_lines(builder.directory.trial("plain-0").reports, [{"updates": 500, "objective": 50.0, "seconds": 7200.0}])
    return read_records(builder.directory.path)


def test_points_have_updates_passes_hours_and_one_score_a_seed(records: StudyRecords) -> None:
    plain = [one for one in cost_points(records) if one.arm == "plain"]
    assert [(one.updates, one.passes, one.seeds, one.scores) for one in plain] == [
        (250, 250, (1, 2), (51.0, 52.0)), (500, 500, (1, 2), (71.0, 72.0)),
    ]  # fmt: skip
    assert [one.hours for one in plain] == [1.0, 1.5]  # two workers for half an hour, then one
    freelb = [one for one in cost_points(records) if one.arm == "freelb"]
    assert [(one.passes, one.hours) for one in freelb] == [(750, None), (1500, None)]
    assert plain[0].mean == 51.5 and plain[0].as_json()["hours"] == 1.0


def test_hours_of_an_arm_are_those_of_its_searches_and_of_its_winners(records: StudyRecords) -> None:
    plain, freelb = arm_hours(records)
    assert (plain.trials, plain.search_hours, plain.replicates, plain.replicate_hours) == (1, 2.0, 2, 3.0)
    assert (plain.hours, plain.devices) == (5.0, ("GPU",))
    assert (freelb.hours, freelb.trials, freelb.devices) == (0.0, 0, ())
    assert plain.as_json()["hours"] == 5.0


def test_workers_that_share_a_gpu_count_their_share(records: StudyRecords) -> None:
    study = read_json(records.place.study_json)
    write_json(records.place.study_json, study | {"scaling": {"gpus_per_worker": 0.5}})
    assert arm_hours(read_records(records.place))[0].hours == 2.5
