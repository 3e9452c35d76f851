from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from xlingual.errors import XlingualError
from xlingual.report.speed import estimate_table
from xlingual.speed.estimate import Rates, estimate, estimate_work
from xlingual.speed.model_kind import ModelKind, model_kind
from xlingual.speed.workload import ArmWork, Workload, workload
from xlingual.study import TextToTextSettings, WindowSettings, load_study

STUDIES = Path(__file__).resolve().parents[2] / "studies"

ENCODER = Rates("e", 384, 2, 4, 0, {"fp32": 10.0}, "fp32", 20.0)
WRITER = Rates("t", 1024, 1, 4, 0, {"fp32": 2.0}, "fp32", 4.0, "text_to_text")


def writer(longest: int | None = None, *, guessed: bool = False) -> ModelKind:
    return ModelKind(TextToTextSettings(max_input_tokens=longest), guessed)


# Alone with what was measured, a trial of `points` takes 3000 / 10 + 1200 / 20 = 360 s, of `writes` 3000 / 2 + 1200 / 4
# = 1800 s; it has two cores, twice what the latter was measured with.
POINTS = ArmWork(
    "points",
    "e",
    trials=3,
    replicates=2,
    windows=3000,
    development_questions=1200,
    precision="fp32",
    kind=ModelKind(WindowSettings()),
)
WRITES = replace(POINTS, name="writes", model="t", kind=writer(1024))
WORK = Workload(
    arms=(POINTS, WRITES),
    test_questions=7200,
    workers=1,
    cpus_per_trial=2,
    gpus_per_trial=0.0,
    concurrent_trials="auto",
    notes=(),
)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("absent/mt5-base", "text_to_text"),
        ("absent/byt5-small@main", "text_to_text"),
        ("absent/flan-t5-xl", "text_to_text"),
        ("absent/umT5_base", "text_to_text"),
        ("./absent/mt5/last", "text_to_text"),
        ("absent/xlm-roberta-base", "extractive"),
        ("absent/multilingual-e5-small", "extractive"),
        ("absent/smt50", "extractive"),
    ],
)
def test_a_model_that_is_elsewhere_is_told_by_its_name(model, family):
    study = load_study(STUDIES / "quickstart.yaml")
    lengths = {"extractive": study.windows, "text_to_text": TextToTextSettings()}
    assert model_kind(model, study) == ModelKind(lengths[family], guessed=True)


def test_a_model_that_is_here_is_told_by_its_files(tiny_mt5, tiny_checkpoint, tmp_path):
    study = load_study(STUDIES / "quickstart.yaml")
    assert model_kind(str(tiny_mt5), study).lengths.longest == 1024
    assert model_kind(str(tiny_checkpoint), study) == ModelKind(study.windows)
    assert model_kind("toy", study) == ModelKind(study.windows)
    assert model_kind("toy_text_to_text", study) == writer()
    broken = tmp_path / "mt5-broken"
    broken.mkdir()
    assert model_kind(str(broken), study) == writer(guessed=True)
    (broken / "config.json").write_text(json.dumps({"model_type": "bert"}))
    assert model_kind(str(broken), study).lengths.family == "extractive"


def test_arms_of_another_family_are_left_out_and_said():
    hours = estimate_work(WORK, ENCODER)
    assert hours == replace(
        estimate_work(replace(WORK, arms=(POINTS,)), ENCODER), left_out=("writes",), notes=hours.notes
    )
    assert hours.search_hours == pytest.approx(2 * 0.1)
    (note,) = [note for note in hours.notes if "without" in note]
    assert note.startswith(
        "these hours are without writes: nothing was measured with text-to-text models such as t; run"
    )
    assert "`xlingual bench t --json`" in note
    console = Console(width=100)
    with console.capture() as shown:
        console.print(estimate_table(hours))
    assert "left out" in shown.get()


def test_every_arm_is_reckoned_with_the_measurement_of_its_family():
    hours = estimate_work(WORK, [ENCODER, WRITER])
    assert hours.left_out == ()
    assert hours.trial_hours == pytest.approx(900 / 3600)
    assert hours.search_hours == pytest.approx(3 * (360 + 900) / 2 / 3600)  # six trials, two at a time
    assert hours.test_hours == pytest.approx(2 * (7200 / 20 + 7200 / 8) / 2 / 3600)
    swapped = estimate_work(WORK, [WRITER, ENCODER])
    assert swapped.hours == pytest.approx(hours.hours)
    assert any("as long as those of t" in note for note in hours.notes)
    assert not any("bench that model" in note for note in hours.notes)


def test_the_measurement_of_the_very_model_comes_first():
    slow = replace(ENCODER, model="slow", windows_per_s={"fp32": 1.0})
    work = replace(WORK, arms=(POINTS,))
    assert estimate_work(work, [slow, ENCODER]).trial_hours == pytest.approx(0.1)
    assert estimate_work(work, [slow]).trial_hours > 0.8
    named_otherwise = replace(work, arms=(replace(POINTS, kind=writer(guessed=True)),))
    assert estimate_work(named_otherwise, ENCODER).trial_hours == pytest.approx(0.1)


def test_nothing_is_estimated_where_no_arm_was_measured():
    hours = estimate_work(replace(WORK, arms=(WRITES,)), ENCODER)
    assert (hours.trial_hours, hours.search_hours, hours.test_hours, hours.hours) == (None,) * 4
    assert json.loads(json.dumps(hours.as_json()))["left_out"] == ["writes"]
    console = Console(width=100)
    with console.capture() as shown:
        console.print(estimate_table(hours))
    assert "not measured" in shown.get()


def test_hours_are_of_one_machine():
    with pytest.raises(XlingualError, match="different hardware"):
        estimate_work(WORK, [ENCODER, replace(WRITER, cores=8)])


def test_other_lengths_and_guesses_are_said():
    longer = replace(WRITES, kind=writer(2048, guessed=True), model="other")
    notes = estimate_work(replace(WORK, arms=(longer,)), WRITER).notes
    assert any("inputs of 1024 tokens, but the study's have up to 2048" in note for note in notes)
    assert any(note == "other: not on this machine, and taken for text-to-text models by its name" for note in notes)
    open_length = replace(WORK, arms=(replace(WRITES, kind=writer()),))
    assert not any("tokens, but" in note for note in estimate_work(open_length, WRITER).notes)


def test_the_arms_of_a_study_are_told_apart():
    study = load_study(STUDIES / "toy_text_to_text.yaml")
    kinds = {arm.name: arm.kind for arm in workload(study).arms}
    assert kinds.pop("encoder").lengths == study.windows
    assert {kind.lengths.longest for kind in kinds.values()} == {128}
    left_out = estimate(study, replace(ENCODER, model="toy")).left_out
    assert set(left_out) == set(kinds)
