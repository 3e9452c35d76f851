from __future__ import annotations

import pytest

from xlingual.study import plan
from xlingual.study.rounding import lost_in_rounding

SMART = "adversarial: {attack: pgd, against: prediction, step_size: 0.1, start: %s}"


def notes(load, study_text, robust, *replacements):
    arm = f"  small: {{robust: {{{robust}}}}}\nsearch:"
    return list(lost_in_rounding(load(study_text.replace("search:", arm), *replacements)))


@pytest.mark.parametrize(
    ("robust", "told"),
    [
        (SMART % "5e-5", "start from 5e-05"),
        (SMART % "{log_uniform: [0.001, 1]}", "start from 0.001"),
        (
            SMART.replace("pgd, against: prediction", "pgd, against: {choice: [loss, prediction]}") % "0.01",
            "start from",
        ),
        ("consistency: {magnitude: {choice: [0, 0.02]}}", "magnitude from 0.02"),
        ("consistency: {magnitude: {uniform: [0, 1]}}", "magnitude from 0"),
        ("consistency: {magnitude: 1.0e-5, unit: absolute}", "magnitude from 1e-05"),
        ("consistency: {magnitude: 0.02, dropout: {choice: [drawn, shared]}}", "magnitude from 0.02"),
    ],
)
def test_a_divergence_under_perturbations_that_bf16_rounds_away_is_noted(load, study_text, robust, told):
    (note,) = notes(load, study_text, robust)
    assert note.startswith(f"small ({told}")
    assert note.endswith("; write precision: fp32, or larger magnitudes")


@pytest.mark.parametrize(
    "robust",
    [
        SMART % "0.03",
        "adversarial: {attack: pgd, step_size: 0.1, start: 1.0e-5}",  # the task loss's gradient does not vanish
        "consistency: {magnitude: {choice: [0, 0.03]}}",
        "consistency: {magnitude: 0.01, unit: absolute}",
        "consistency: {magnitude: 0.01, dropout: drawn}",  # nor does the divergence from dropout
        "embedding_noise: {magnitude: 1.0e-5}",
        "choice: {none: null, mean: {averaging: {}}}",
    ],
)
def test_other_perturbations_are_not(load, study_text, robust):
    assert notes(load, study_text, robust) == []


@pytest.mark.parametrize(("precision", "noted"), [("fp32", 0), ("bf16", 1), ("auto", 1), ("{choice: [fp32, bf16]}", 1)])
def test_precision_decides(load, study_text, precision, noted):
    replaced = ("updates: 500", f"updates: 500\n  precision: {precision}")
    found = notes(load, study_text, SMART % "5e-5", replaced)
    assert len(found) == noted


def test_a_plan_says_it_once_for_all_arms(load, study_text):
    arms = "".join(f"  {name}: {{robust: {{{SMART % start}}}}}\n" for name, start in (("one", "5e-5"), ("two", "6e-5")))
    planned = plan(load(study_text.replace("search:", f"{arms}search:")))
    (note,) = [note for note in planned.notes if "bf16" in note]
    assert note.startswith("one (start from 5e-05), two (start from 6e-05): in bf16, which training.precision may be")
