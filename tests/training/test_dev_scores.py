from __future__ import annotations

import pytest

from xlingual.task_metrics import SQUAD
from xlingual.training.dev_scores import development_report

SCORES = {
    "dev": {"en": {"f1": 60.0, "exact_match": 40.0}},
    "webfaq_dev": {"de": {"f1": 30.0, "exact_match": 10.0}, "th": {"f1": 50.0, "exact_match": 20.0}},
}


def test_an_objective_is_the_weighted_sum_of_its_scores():
    report = development_report(SCORES, {"dev.f1": 0.5, "webfaq_dev.mean_f1": 2.0}, SQUAD)
    assert report["objective"] == 0.5 * 60 + 2 * 40
    assert (report["f1"], report["exact_match"]) == (60, 40)
    assert report["webfaq_dev"] == {"mean_f1": 40, "mean_exact_match": 15, "f1": {"de": 30, "th": 50}}


def test_without_held_out_hosts_nothing_is_said_of_them():
    report = development_report({"dev": SCORES["dev"]}, {"dev.exact_match": 1.0}, SQUAD)
    assert report == {"objective": 40, "f1": 60, "exact_match": 40}


def test_an_oracle_is_scored_on_the_mean_over_languages():
    report = development_report({"test": SCORES["webfaq_dev"]}, {"test.f1": 1.0}, SQUAD)
    assert report == {"objective": 40, "f1": 40, "exact_match": 15}


def test_a_score_that_was_not_computed_is_no_objective():
    with pytest.raises(KeyError):
        development_report({"dev": SCORES["dev"]}, {"webfaq_dev.mean_f1": 1.0}, SQUAD)
