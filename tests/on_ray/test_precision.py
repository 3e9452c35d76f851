"""`precision: auto` is one choice for a whole study, kept in its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.search import precision
from xlingual.search.placement import Demand
from xlingual.search.precision import EVENT, study_precision
from xlingual.study import Study, load_study

CPU, GPU = Demand(1, 1, 0), Demand(1, 1, 1)
WIDTHS = (32, 64)


def choices(directory: StudyDirectory) -> list[dict[str, Any]]:
    return [event for event in journal.read(directory.journal) if event["event"] == EVENT]


def test_a_study_on_cpus_measures_once_and_all_its_trials_have_the_choice(sealed: Any) -> None:
    """Two arms, searched by one run and replicated by the next."""
    directory = sealed.directory
    (choice,) = choices(directory)
    assert choice["precision"] == ("bf16" if choice["bf16_speedup"] >= 1.2 else "fp32")
    state = read_state(directory)
    assert (len(state.trials), len(state.replicates)) == (2, 2)
    for trial in (*state.trials, *state.replicates):
        kept = directory.trial(trial.fingerprint)
        assert read_json(kept.configuration)["training"]["precision"] == choice["precision"]
        start = journal.read(kept.environment)[0]
        assert (start["precision"], start["threads"]) == (choice["precision"], 1)


@pytest.fixture
def study(write_study: Any) -> Study:
    return load_study(write_study("precision"), ["training.precision=auto"])


def directory_with(tmp_path: Path, *events: dict[str, Any]) -> StudyDirectory:
    directory = StudyDirectory(tmp_path)
    for event in events:
        journal.append(directory.journal, event)
    return directory


@pytest.mark.parametrize("kept", ["fp32", "bf16"])
def test_a_choice_that_the_journal_holds_is_not_measured_again(study: Study, tmp_path: Path, kept: str) -> None:
    directory = directory_with(tmp_path, {"event": EVENT, "time": 0.0, "precision": kept, "bf16_speedup": 9.0})
    assert study_precision(study, directory, CPU, WIDTHS) == kept
    assert len(choices(directory)) == 1


def test_gpus_choose_for_themselves_and_a_stated_precision_needs_no_choice(
    study: Study, write_study: Any, tmp_path: Path
) -> None:
    directory = directory_with(tmp_path)
    assert study_precision(study, directory, GPU, WIDTHS) == "auto"
    stated = load_study(write_study("stated"))
    assert study_precision(stated, directory, CPU, WIDTHS) == "auto"
    assert not directory.journal.exists()


@pytest.mark.parametrize(("speedup", "expected"), [(0.25, "fp32"), (1.1, "fp32"), (1.9, "bf16")])
def test_the_measured_speed_decides(
    ray_cluster: None, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speedup: float, expected: str
) -> None:
    monkeypatch.setattr(precision, "_measure", lambda threads, widths: speedup)
    directory = directory_with(tmp_path)
    assert study_precision(study, directory, CPU, WIDTHS) == expected
    (choice,) = choices(directory)
    assert (choice["precision"], choice["bf16_speedup"]) == (expected, speedup)
