"""A study's runs are what its records say, the same whenever they are read."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tracked_study import BEGAN, finished, tracked_study

from xlingual.records.files import write_json
from xlingual.records.journal import read
from xlingual.trackers.run import TrackedRun
from xlingual.trackers.run_reader import RunReader, flat


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Any:
    return tracked_study(studies, tmp_path)


def by_name(study: Any) -> dict[str, TrackedRun]:
    return {run.name: run for run in RunReader(study.directory).runs()}


def test_there_are_no_runs_before_the_first_event(study: Any) -> None:
    assert RunReader(study.directory).runs() == []


def test_each_trial_has_the_state_the_reports_and_the_configuration_of_its_records(study: Any) -> None:
    study.searching()
    found = by_name(study)
    states = {name: (run.kind, run.state, run.reason) for name, run in found.items()}
    assert states == {
        "small": ("study", "running", None),
        "baseline/0": ("trial", "running", None),
        "webfaq/0": ("trial", "pruned", "below the median"),
        "webfaq/2": ("trial", "failed", "diverged at update 1: the loss is nan\nand more"),
    }
    running, pruned = found["baseline/0"], found["webfaq/0"]
    assert [(point.step, point.values) for point in running.points] == [
        (100, {"objective": 30.0, "loss": 70.0, "seconds": 0.25})
    ]
    assert (running.started, running.ended, running.settled) == (BEGAN + 2, None, False)
    assert running.points[0].time == BEGAN + 2.25
    assert pruned.started < (pruned.ended or 0) and pruned.settled and found["webfaq/2"].points == ()
    assert pruned.configuration["training.learning_rate"] == 3e-5
    assert {key: pruned.configuration[key] for key in ("study", "kind", "arm", "search", "number", "fingerprint")} == {
        "study": "small", "kind": "trial", "arm": "webfaq", "search": 1, "number": 0, "fingerprint": "webfaq-0",
    }  # fmt: skip


def test_a_trial_appears_with_its_first_try(study: Any) -> None:
    study.searching()
    assert "baseline/1" not in by_name(study)
    write_json(study.directory.trial("waiting").configuration, {"training": {"updates": 500}})
    assert by_name(study)["baseline/1"].state == "running"


def test_test_scores_are_shown_when_their_stage_has_ended(study: Any) -> None:
    for step in study.steps[:3]:
        step()
    replicate = by_name(study)["webfaq/seed-1"]
    assert [point.key for point in replicate.points] == ["500"] and not replicate.settled
    assert by_name(study)["small"].table is None
    study.tested()
    found = by_name(study)
    replicate = found["webfaq/seed-1"]
    assert replicate.settled and replicate.configuration["chosen"] == "webfaq-1"
    assert {point.key: point.values for point in replicate.points[1:]} == {
        "test/xquad/en": {"test/xquad/en/f1": 35.0, "test/xquad/en/exact_match": 0.0},
        "test/xquad/de": {"test/xquad/de/f1": 35.0, "test/xquad/de/exact_match": 0.0},
        "test/xquad/mean of 1": {"test/xquad/mean/f1": 35.0, "test/xquad/mean/exact_match": 0.0},
    }
    table = found["small"].table
    assert table is not None
    assert table.columns == ("test set", "metric", "arm", "en", "de", "mean", "difference", "low", "high")
    rows = {row[1:3]: row[3:7] for row in table.rows}
    assert rows["f1", "baseline"] == (30.0, 30.0, 30.0, None) and rows["f1", "webfaq"] == (35.0, 35.0, 35.0, 5.0)
    assert found["small"].points[0].values["xquad/f1/webfaq"] == 35.0 and found["small"].settled
    assert "| xquad | f1 | baseline | 30.00 | 30.00 | 30.00 |  |  |  |" in table.markdown


def test_a_language_that_was_added_is_a_point_of_its_own(study: Any, studies: ModuleType) -> None:
    finished(study)
    before = by_name(study)["webfaq/seed-1"].points
    study.event("stage_started", stage="test")
    study.score("webfaq", 1, {"es": studies.rows([80.0, 90.0])})
    assert by_name(study)["webfaq/seed-1"].points == before
    study.tested()
    added = by_name(study)["webfaq/seed-1"].points[len(before) :]
    assert [(point.key, point.step) for point in added] == [("test/xquad/es", 500), ("test/xquad/mean of 2", 501)]
    assert added[1].values["test/xquad/mean/f1"] == 60.0


def test_what_is_sent_is_the_same_whenever_it_is_read(study: Any) -> None:
    reader = RunReader(study.directory)
    for step in study.steps:
        step()
        kept, fresh = reader.runs(), RunReader(study.directory).runs()
        assert kept == fresh and [run.digest for run in kept] == [run.digest for run in fresh]
        assert len({run.id for run in kept}) == len(kept)


def test_a_report_that_a_second_try_repeats_counts_once(study: Any) -> None:
    study.searching()
    study.report("baseline-0", (100, 31.0), (200, 40.0))
    points = by_name(study)["baseline/0"].points
    assert [(point.step, point.values["objective"]) for point in points] == [(100, 31.0), (200, 40.0)]


def test_a_failed_trial_that_is_trained_again_is_as_it_ended_last(study: Any) -> None:
    study.searching()
    reader = RunReader(study.directory)
    assert [run.state for run in reader.runs()] == ["running", "running", "pruned", "failed"]
    of = {"arm": "webfaq", "number": 2, "fingerprint": "webfaq-2"}
    study.event("trial_started", values={}, **of)
    study.report("webfaq-2", (500, 44.0))
    assert reader.runs()[-1].state == "running"
    study.event("trial_ended", state="finished", objective=44.0, updates=500, reason=None, retry=False, **of)
    run = reader.runs()[-1]
    assert (run.state, run.reason, [point.step for point in run.points]) == ("finished", None, [500])


def test_an_arm_that_is_renamed_keeps_its_runs(study: Any) -> None:
    study.searching()
    before = by_name(study)
    now = {**read_definition(study), "arms": {"plain": {"baseline": True}, "webfaq": {}}}
    study.event("study_changed", study=now, spaces={}, renamed={"baseline": "plain"})
    after = by_name(study)
    assert {name: run.id for name, run in after.items()} == {name: run.id for name, run in before.items()}
    assert after["baseline/0"].arm == "plain"


def read_definition(study: Any) -> Any:
    from xlingual.records.files import read_json

    assert read(study.directory.journal)
    return read_json(study.directory.study_json)


def test_a_configuration_is_flat_and_without_what_is_not_set() -> None:
    tree = {"training": {"updates": 5, "decay": None}, "mixture": {"languages": ["de", "es"]}, "oracle": False}
    assert dict(flat(tree)) == {"training.updates": 5, "mixture.languages": "de, es", "oracle": False}
