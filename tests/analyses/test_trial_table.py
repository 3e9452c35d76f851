"""The table of trials: weights by language, choices in words, ranges as searched."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from xlingual.analyses.trial_table import Axis, trial_table, trial_tables
from xlingual.records.files import read_json, write_json
from xlingual.records.state import StudyState, read_state
from xlingual.study.simplex import to_unit_cube

SPACE = {
    "training": {"learning_rate": {"log_uniform": [1e-5, 1e-3]}, "batch_size": {"choice": [16, 32]}},
    "mixture": {"faq_share": {"uniform": [0.2, 0.5]}, "weights": {"simplex": ["de", "es", "th"]}},
    "robust": {"choice": {"none": None, "noisy": {"embedding_noise": {"magnitude": {"log_uniform": [0.1, 0.5]}}}}},
}


@pytest.fixture
def state(studies: ModuleType, tmp_path: Path) -> StudyState:
    builder = studies.StudyBuilder(tmp_path, ("baseline", "fixed"))
    study = read_json(builder.directory.study_json)
    study["arms"]["baseline"] |= SPACE
    write_json(builder.directory.study_json, study)
    units = to_unit_cube((0.5, 0.2, 0.3))
    common = {"training.learning_rate": 1e-4, "training.batch_size": 32, "mixture.faq_share": 0.25}
    weights = {f"mixture.weights.{place}": unit for place, unit in enumerate(units)}
    builder.trial("baseline", 0, "finished", 50.0, robust="none", **common, **weights)
    noisy = {"robust": "noisy", "robust.noisy.embedding_noise.magnitude": 0.2}
    builder.trial("baseline", 1, "pruned", 40.0, **noisy, **common, **weights)
    builder.trial("baseline", 2, "running", None, **noisy, **common, **weights)
    return read_state(builder.directory)


def test_a_row_has_weights_in_place_of_coordinates(state: StudyState) -> None:
    table = trial_table(state, "baseline")
    first, second = table.rows
    assert first.values == {
        "training.learning_rate": 1e-4, "training.batch_size": "32", "mixture.faq_share": 0.25,
        "mixture.weights.de": pytest.approx(0.5), "mixture.weights.es": pytest.approx(0.2),
        "mixture.weights.th": pytest.approx(0.3), "robust": "none",
    }  # fmt: skip
    assert second.values["robust.noisy.embedding_noise.magnitude"] == 0.2
    assert [row.full for row in table.rows] == [True, False]
    assert table.full == (first,)


def test_axes_have_the_ranges_of_the_space(state: StudyState) -> None:
    axes = {axis.name: axis for axis in trial_table(state, "baseline").axes}
    assert axes["training.learning_rate"] == Axis("training.learning_rate", 1e-5, 1e-3, log=True)
    assert axes["training.batch_size"].options == ("16", "32")
    assert axes["mixture.weights.es"] == Axis("mixture.weights.es", 0.0, 1.0)
    assert axes["robust"].options == ("none", "noisy")
    assert len(axes) == 8


def test_an_arm_without_a_search_has_no_table(state: StudyState) -> None:
    assert [table.arm for table in trial_tables(state)] == ["baseline"]
    assert trial_table(state, "fixed").axes == ()
