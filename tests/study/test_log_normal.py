"""A log-normal number in a study: checks of ranges use its ends."""

from __future__ import annotations

from typing import Any

import pytest

from xlingual.study import LogNormal, Parameter, arm_space, plan, possible_mixtures, resolved
from xlingual.study.rounding import lost_in_rounding

RATE = ("{log_uniform: [1e-5, 1e-4]}", "{log_normal: [3.0e-5, 1.5]}")
SHARE = ("{uniform: [0.05, 0.5]}", "{log_normal: [0.1, 2]}")
NOISE = ("magnitude: {log_uniform: [0.01, 1.0]}", "magnitude: {log_normal: [0.1, 3]}")


def test_it_is_read_shown_and_written_as_median_and_factor(load: Any, study_text: str) -> None:
    study = load(study_text, RATE, SHARE)
    assert arm_space(study, "webfaq")["training"]["learning_rate"] == LogNormal(3e-5, 1.5)
    assert plan(study).arms[1].parameters[:2] == (
        Parameter("training.learning_rate", "log-normal around 3e-05 by a factor of 1.5 (8.89e-06 to 0.000101)"),
        Parameter("mixture.faq_share", "log-normal around 0.1 by a factor of 2 (0.0125 to 0.8)"),
    )
    assert resolved(study)["arms"]["webfaq"]["mixture"]["faq_share"] == {"log_normal": [0.1, 2.0]}


def test_a_mixture_is_guarded_at_its_high_end(load: Any, study_text: str) -> None:
    shares = [one.mixture.faq_share for one in possible_mixtures(load(study_text, SHARE), "webfaq")]
    assert shares == pytest.approx([0.8] * 3)  # all on one of three languages


def test_a_magnitude_may_be_lost_in_rounding_at_its_low_end(load: Any, study_text: str) -> None:
    consistency = "consistency:\n        magnitude: {log_normal: [0.1, 3]}"
    text = study_text.replace("embedding_noise:\n        magnitude: {log_uniform: [0.01, 1.0]}", consistency)
    (note,) = lost_in_rounding(load(text))
    assert note.startswith("noise (magnitude from 0.0037037)")


def test_it_may_stand_within_an_option(load: Any, study_text: str) -> None:
    study = load(study_text, ("distribution: uniform", "distribution: uniform, samples: {integer: [1, 2]}"), NOISE)
    assert arm_space(study, "noise")["robust"]["embedding_noise"]["magnitude"] == LogNormal(0.1, 3.0)
    labelled = ("{log_uniform: [1e-5, 1e-4]}", "{choice: {near: {log_normal: [3e-5, 2]}, far: 1e-3}}")
    names = [parameter.name for parameter in plan(load(study_text, labelled)).arms[0].parameters]
    assert names == ["training.learning_rate", "training.learning_rate.near"]
