"""Test scores against fixed magnitudes: points, lines, and what cannot be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import pytest

from xlingual.analyses.magnitudes import MagnitudeCurves, magnitude_curves
from xlingual.errors import DataError
from xlingual.records.files import write_json
from xlingual.report.summary import Summary, summarize

LANGUAGES = ["en", "de", "es"]
NOISE = {"embedding_noise": {"magnitude": 0.1}}
FREELB = {"adversarial": {"step_size": 0.05, "radius": 0.1, "start": 0.05}}
ARMS: dict[str, Any] = {
    "plain": None,
    "large": {"embedding_noise": {"magnitude": 3}},
    "small": NOISE,
    "hidden": {"embedding_noise": {"magnitude": 0.1, "place": "last_hidden_states"}},
    "worst": FREELB,
    "unbounded": {"adversarial": {"step_size": 0.2}},
    "kept": {"consistency": {"magnitude": 0.02}},
    "averaged": {**NOISE, "averaging": {"kind": "running"}},
    "words": {"word_substitution": {}},
}


def curves_of(summary: Summary) -> MagnitudeCurves:
    found = magnitude_curves(summary)
    assert found is not None
    return found


def build(studies: ModuleType, storage: Path, arms: Mapping[str, Any], **study: Any) -> Path:
    """A finished study whose chosen configurations have this robust training."""
    test = {"languages": LANGUAGES, "source": "toy"}
    builder = studies.finished_study(storage, tuple(arms), test=test, questions=20, **study)
    for arm, robust in arms.items():
        configuration = {"training": {"updates": 500, "learning_rate": 3e-5}} | (
            {} if robust is None else {"robust": robust}
        )
        write_json(builder.directory.trial(f"{arm}-1").configuration, configuration)
    return builder.directory.path


@pytest.fixture(scope="module")
def all_arms(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of all arms; read-only."""
    return build(studies, tmp_path_factory.mktemp("magnitudes"), ARMS, name="one")


@pytest.fixture(scope="module")
def summary(all_arms: Path) -> Any:
    return summarize(all_arms)


def test_arms_that_differ_in_magnitude_alone_are_one_line(summary: Any) -> None:
    curves = curves_of(summary)
    assert {line: [(p.arm, p.magnitude) for p in points] for line, points in curves.lines.items()} == {
        "gaussian noise, word embeddings": [("small", 0.1), ("large", 3)],
        "gaussian noise, last hidden states": [("hidden", 0.1)],
        "freelb, 3 steps (radius, l2 over examples), word embeddings": [("worst", 0.1)],
        "freelb, 3 steps (step_size, l2 over examples), word embeddings": [("unbounded", 0.2)],
        "consistency of weight 1, uniform noise, word embeddings": [("kept", 0.02)],
        "gaussian noise, word embeddings, averaging": [("averaged", 0.1)],
    }


def test_scores_are_those_of_the_report_seed_by_seed(summary: Any) -> None:
    curves = curves_of(summary)
    point = next(point for point in curves.points if point.arm == "large")
    arm = summary.arms["large"]
    assert point.scores["English"] == arm.scores["en"].of("f1")
    german, spanish = arm.scores["de"].of("f1"), arm.scores["es"].of("f1")
    assert point.scores["non-English"] == pytest.approx([fmean(pair) for pair in zip(german, spanish, strict=True)])
    assert curves.baseline["English"] == summary.arms["plain"].scores["en"].of("f1")
    assert len(point.scores["English"]) == 2 and curves.flags[0].startswith("TOY WORLD")


def test_a_point_has_the_reports_difference(summary: Any) -> None:
    point = next(point for point in curves_of(summary).points if point.arm == "large")
    assert point.difference == summary.differences["large"]["mean"]["f1"]
    written = next(one for one in curves_of(summary).as_json()["points"] if one["arm"] == "large")
    assert (written["low"], written["magnitude"]) == (point.difference.low, 3)


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (
            {"plain": None, "a": NOISE, "b": NOISE},
            "arms a and b of small are both gaussian noise, word embeddings at 0.1",
        ),
        (
            {"plain": None, "a": {"embedding_noise": {"magnitude": 1, "unit": "absolute"}}},
            "arm a has its magnitude in abs",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(studies: ModuleType, tmp_path: Path, arms: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        magnitude_curves(summarize(build(studies, tmp_path, arms)))


def test_without_a_perturbation_there_are_no_curves(studies: ModuleType, tmp_path: Path) -> None:
    path = build(studies, tmp_path, {"plain": None, "words": {"word_substitution": {}}})
    assert magnitude_curves(summarize(path)) is None


@pytest.mark.parametrize("failed", ["plain", "small"])
def test_an_arm_without_a_finished_trial_is_missing_by_name(studies: ModuleType, tmp_path: Path, failed: str) -> None:
    arms = {"plain": None, "small": NOISE, "large": ARMS["large"]}
    curves = curves_of(summarize(build(studies, tmp_path, arms, failed=[failed])))
    assert f"not drawn, without any score: {failed}" in curves.flags
    assert [point.arm for point in curves.points] == [arm for arm in ("small", "large") if arm != failed]
    assert (curves.baseline["English"] == ()) == (failed == "plain")
