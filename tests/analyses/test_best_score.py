"""Expected best scores against every subset, and incumbents by hand."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from statistics import fmean
from types import ModuleType

import pytest

from xlingual.analyses.best_score import best_scores, expected_best
from xlingual.errors import DataError
from xlingual.records.state import StudyState, read_state


def test_it_is_the_mean_of_the_maximum_over_all_subsets() -> None:
    scores = [40.0, 55.5, 10.0, 55.5, 60.0, 0.0]
    expected = [fmean(max(subset) for subset in combinations(scores, size)) for size in range(1, 7)]
    assert expected_best(scores) == pytest.approx(expected)


def test_without_scores_it_says_so() -> None:
    with pytest.raises(DataError, match="at least one score"):
        expected_best([])


def built(studies: ModuleType, folder: Path, **search: object) -> StudyState:
    builder = studies.StudyBuilder(
        folder, ("baseline",), searched=True, search={"trials_per_arm": 4, "objective": "dev.f1"} | search
    )
    builder.trial("baseline", 0, "failed", None, reason="diverged", **{"training.learning_rate": 1e-4})
    builder.trial("baseline", 1, "finished", 50.0, **{"training.learning_rate": 1e-5})
    builder.trial("baseline", 2, "pruned", 70.0, **{"training.learning_rate": 2e-5})
    builder.trial("baseline", 3, "finished", 60.0, **{"training.learning_rate": 3e-5})
    builder.trial("baseline", 4, "running", None, **{"training.learning_rate": 4e-5})
    return read_state(builder.directory)


def test_trials_of_a_sampler_that_learns_have_incumbents_alone(studies: ModuleType, tmp_path: Path) -> None:
    (curve,) = best_scores(built(studies, tmp_path))
    assert (curve.independent, curve.expected) == (False, ())
    assert curve.incumbents == {1: (None, 50.0, 50.0, 60.0)}
    assert curve.as_json()["incumbents"] == {1: (None, 50.0, 50.0, 60.0)}


def test_random_trials_are_independent_and_a_failed_one_counts_as_zero(studies: ModuleType, tmp_path: Path) -> None:
    (curve,) = best_scores(built(studies, tmp_path, sampler="random"))
    assert curve.independent
    assert curve.expected == expected_best([0.0, 50.0, 0.0, 60.0])
    (stopped,) = best_scores(built(studies, tmp_path / "stopped", sampler="random", scheduler="asha"))
    assert (stopped.independent, stopped.expected) == (False, ())
