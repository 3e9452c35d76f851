"""Missing records of finished trials are named, and the study does not continue without them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.files import write_json, write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.records.lost import check_records
from xlingual.records.state import ArmSearch, ReplicateState, StudyState, TrialState
from xlingual.study.searches import recorded_searches

STUDY = {
    "arms": {"plain": {"baseline": True}},
    "search": {"trials_per_arm": 2},
    "replicates": {"searches": 1, "seeds": 1},
}


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    found = StudyDirectory(tmp_path / "study")
    for fingerprint in ("aa", "bb"):
        trial = found.trial(fingerprint)
        write_json(trial.configuration, {"fingerprint": fingerprint})
        write_lines(trial.reports, [{"updates": 5}, {"updates": 10}])
    found.trial("cc").model.mkdir(parents=True)
    return found


def state(scored: bool = False) -> StudyState:
    trials = (
        TrialState("plain", 0, "aa", {}, "finished", 50.0, 10),
        TrialState("plain", 1, "bb", {}, "finished", 60.0, 10),
        TrialState("plain", 2, "dd", {}, "failed", None, 0),
    )
    replicate = ReplicateState("plain", 10101, "cc", "bb", "finished", scored)
    searches = recorded_searches(STUDY)
    return StudyState("study", STUDY, "search", trials, {ArmSearch("plain"): "bb"}, (replicate,), (), searches)


def test_a_study_with_all_records_passes(directory: StudyDirectory) -> None:
    check_records(directory, state())


@pytest.mark.parametrize("name", ["reports", "configuration"])
def test_a_finished_trial_without_its_records_is_named(directory: StudyDirectory, name: str) -> None:
    getattr(directory.trial("bb"), name).unlink()
    with pytest.raises(RecordError, match=r"records of finished trials are gone \(plain trial 1: .*trials/bb\)"):
        check_records(directory, state())


def test_reports_that_end_before_the_last_update_are_no_records_of_a_finished_trial(directory: StudyDirectory) -> None:
    write_lines(directory.trial("aa").reports, journal.read(directory.trial("aa").reports)[:1])
    with pytest.raises(RecordError, match=r"plain trial 0: reports\.jsonl ends at update 5, not 10"):
        check_records(directory, state())


def test_a_replicates_model_is_needed_until_it_was_scored(directory: StudyDirectory) -> None:
    shutil.rmtree(directory.trial("cc").path)
    check_records(directory, state(scored=True))
    with pytest.raises(RecordError, match="plain seed 10101: model/ is missing"):
        check_records(directory, state())
