"""Score against magnitude: points and lines, table, figure, errors."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import pytest

from xlingual.records.files import write_json
from xlingual.report.summary import summarize

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


@pytest.fixture(scope="module")
def magnitudes() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "analysis" / "score_by_magnitude.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


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


def test_arms_that_differ_in_magnitude_alone_are_one_line(magnitudes, summary):
    curves = magnitudes.curves_of(summary)
    assert {line: [(p.arm, p.magnitude) for p in points] for line, points in curves.lines.items()} == {
        "gaussian noise, word embeddings": [("small", 0.1), ("large", 3)],
        "gaussian noise, last hidden states": [("hidden", 0.1)],
        "freelb, 3 steps (radius, l2 over examples), word embeddings": [("worst", 0.1)],
        "freelb, 3 steps (step_size, l2 over examples), word embeddings": [("unbounded", 0.2)],
        "consistency of weight 1, uniform noise, word embeddings": [("kept", 0.02)],
        "gaussian noise, word embeddings, averaging": [("averaged", 0.1)],
    }


def test_scores_are_those_of_the_report_seed_by_seed(magnitudes, summary):
    curves = magnitudes.curves_of(summary)
    point = next(point for point in curves.points if point.arm == "large")
    arm = summary.arms["large"]
    assert point.scores["English"] == arm.scores["en"].of("f1")
    german, spanish = arm.scores["de"].of("f1"), arm.scores["es"].of("f1")
    assert point.scores["non-English"] == pytest.approx([fmean(pair) for pair in zip(german, spanish, strict=True)])
    assert curves.baseline["English"] == summary.arms["plain"].scores["en"].of("f1")
    assert len(point.scores["English"]) == 2 and curves.flags[0].startswith("TOY WORLD")


def test_the_script_prints_a_table_and_draws_the_same_figure_twice(magnitudes, all_arms, tmp_path, capsys):
    for name in ("one.svg", "two.svg"):
        assert magnitudes.main([str(all_arms), "--figure", str(tmp_path / "out" / name)]) == 0
    printed = capsys.readouterr().out
    assert "TOY WORLD" in printed and "[lowest, highest]" in printed and "0.02" in printed
    figures = [(tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("one.svg", "two.svg")]
    assert figures[0] == figures[1]
    for words in ("TOY WORLD", "gaussian noise, last hidden states", "baseline, no perturbation"):
        assert words in figures[0]


def test_several_studies_are_drawn_below_one_another(magnitudes, studies, all_arms, tmp_path):
    paths = [all_arms, build(studies, tmp_path, {"plain": None, "small": NOISE}, name="two")]
    assert magnitudes.main([*map(str, paths), "--figure", str(tmp_path / "both.svg")]) == 0
    drawn = (tmp_path / "both.svg").read_text(encoding="utf-8")
    assert "one: English" in drawn and "two: English" in drawn


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ({"plain": None, "words": {"word_substitution": {}}}, "no arm that perturbs the model was scored"),
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
def test_what_cannot_be_drawn_is_one_line_and_status_one(magnitudes, studies, tmp_path, capsys, arms, message):
    assert magnitudes.main([str(build(studies, tmp_path, arms))]) == 1
    errors = capsys.readouterr().err
    assert message in errors and errors.count("\n") == 1


@pytest.mark.parametrize("failed", ["plain", "small"])
def test_an_arm_without_a_finished_trial_is_missing_by_name(magnitudes, studies, tmp_path, capsys, failed):
    arms = {"plain": None, "small": NOISE, "large": ARMS["large"]}
    path = build(studies, tmp_path, arms, failed=[failed])
    assert magnitudes.main([str(path), "--figure", str(tmp_path / "drawn.svg")]) == 0
    assert f"not drawn, without any score: {failed}" in " ".join(capsys.readouterr().out.split())
    curves = magnitudes.curves_of(summarize(path))
    assert [point.arm for point in curves.points] == [arm for arm in ("small", "large") if arm != failed]
    assert (curves.baseline["English"] == ()) == (failed == "plain")
