"""A study's searches in Optuna's own database, read back by Optuna."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import json_page
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState
from tracked_study import BEGAN, tracked_study

from xlingual.records.files import read_json, write_json

SPACE = {
    "training": {"learning_rate": {"log_uniform": [1e-6, 1e-3]}, "batch_size": {"integer": [8, 64]}},
    "mixture": {"weights": {"simplex": ["de", "es", "ru"]}, "schedule": {"choice": ["mix", "then"]}},
}
VALUES = {
    "training.learning_rate": 1e-5, "training.batch_size": 32, "mixture.weights.0": 0.36, "mixture.weights.1": 0.5,
    "mixture.schedule": "then",
}  # fmt: skip


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Any:
    """One trial of each state in the baseline's space, and one that is set aside by none."""
    builder = tracked_study(studies, tmp_path)
    definition = read_json(builder.directory.study_json)
    definition["arms"] = {"baseline": {"baseline": True, **SPACE}}
    write_json(builder.directory.study_json, definition)
    for number, (state, objective, reason) in enumerate(
        [("finished", 50.0, None), ("pruned", 20.0, "below the median"), ("failed", None, "diverged")]
    ):
        of = {"arm": "baseline", "number": number, "fingerprint": f"baseline-{number}"}
        builder.event("trial_started", values=VALUES, **of)
        reports = [[100, 10.0], [200, objective]] if objective else []
        builder.event(
            "trial_ended", state=state, objective=objective, updates=200, reason=reason, reports=reports, **of
        )
    builder.event("trial_started", arm="baseline", number=3, fingerprint="baseline-3", values=VALUES)
    return builder


def test_optuna_reads_each_trial_as_it_was_recorded(study: Any, tmp_path: Path, call: Any) -> None:
    ended = call("export", study.directory.path, "--optuna", tmp_path / "small.db", "--json")
    assert ended.status == 0, ended.errors
    json_page.check("xlingual export", ended.output)
    database = {"study": "small", "file": str(tmp_path / "small.db"), "studies": 1, "trials": 4}
    assert json.loads(ended.output) == {"study": "small", "optuna": database}
    storage = f"sqlite:///{tmp_path / 'small.db'}"
    assert optuna.get_all_study_names(storage) == ["small/baseline"]
    found = optuna.load_study(study_name="small/baseline", storage=storage)
    assert found.direction == optuna.study.StudyDirection.MAXIMIZE and found.user_attrs["arm"] == "baseline"
    finished, pruned, failed, running = found.trials
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING]
    assert [one.state for one in found.trials] == states and found.best_value == 50.0
    weights = {name: value for name, value in finished.params.items() if name.startswith("mixture.weights.")}
    assert sum(weights.values()) == pytest.approx(1.0) and list(weights) == [
        "mixture.weights.de", "mixture.weights.es", "mixture.weights.ru",
    ]  # fmt: skip
    assert {name: value for name, value in finished.params.items() if name not in weights} == {
        "training.learning_rate": 1e-5, "training.batch_size": 32, "mixture.schedule": "then",
    }  # fmt: skip
    assert finished.distributions["training.learning_rate"] == FloatDistribution(1e-6, 1e-3, log=True)
    assert finished.distributions["training.batch_size"] == IntDistribution(8, 64)
    assert finished.distributions["mixture.schedule"] == CategoricalDistribution(("mix", "then"))
    assert pruned.intermediate_values == {100: 10.0, 200: 20.0} and pruned.user_attrs["reason"] == "below the median"
    assert failed.user_attrs == {"number": 2, "fingerprint": "baseline-2", "updates": 200, "reason": "diverged"}
    assert (finished.datetime_start or running.datetime_start).timestamp() == BEGAN + 1  # type: ignore[union-attr]
    assert finished.duration is not None and finished.duration.total_seconds() == 1.0
    assert running.datetime_complete is None


def test_two_exports_hold_the_same_and_none_is_overwritten(
    study: Any, tmp_path: Path, call: Any, by_letter: Any
) -> None:
    for name in ("one.db", "two.db"):
        assert call("export", study.directory.path, "--optuna", tmp_path / name).status == 0
    contents = []
    for name in ("one.db", "two.db"):
        found = optuna.load_study(study_name="small/baseline", storage=f"sqlite:///{tmp_path / name}")
        contents.append([(one.params, one.values, one.state, one.datetime_start) for one in found.trials])
    assert contents[0] == contents[1]
    for case, target in {"there": "one.db", "ending": "one.txt"}.items():
        ended = call("export", study.directory.path, "--optuna", tmp_path / target)
        assert ended.status == 1
        by_letter(ended.errors.strip().replace(str(tmp_path), "HERE"), case)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.db", "small", "two.db"]


def test_an_archive_and_a_database_are_written_by_one_command(study: Any, tmp_path: Path, call: Any) -> None:
    archive, database = tmp_path / "small.tar.gz", tmp_path / "small.db"
    ended = call("export", study.directory.path, archive, "--optuna", database)
    lines = ended.output.splitlines()
    assert lines[0].startswith(f"{archive}: ") and lines[1] == (
        f"{database}: 4 trials of 1 search; optuna-dashboard sqlite:///{database} shows them"
    )


def test_an_export_of_nothing_says_what_can_be_written(study: Any, call: Any, by_letter: Any) -> None:
    ended = call("export", study.directory.path)
    assert ended.status == 1
    by_letter(ended.errors.strip())
