from __future__ import annotations

import pytest

from xlingual.progress import ScoreNames, cells
from xlingual.progress.study_view import TimeLeft
from xlingual.study import Robust

CONFIGURATION = {
    "training": {"learning_rate": 3.14159e-5, "updates": 500},
    "mixture": {"faq_share": 0.3123, "weights": {"es": 0.2, "de": 0.4, "ru": 0.05, "zh": 0.35}},
    "robust": {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.0512}},
}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (250, "4 min 10 s"),
        (3600, "1 h 00 min"),
        (3899, "1 h 05 min"),
        (90000, "25 h 00 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert cells.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (45.4, "45 s"),
        (99, "1 min 39 s"),
        (254, "4 min 10 s"),
        (1012, "17 min"),
        (3580, "1 h 00 min"),
        (3899, "1 h 05 min"),
    ],
)
def test_estimates_have_no_digits_that_mean_nothing(seconds, text):
    assert cells.estimate(seconds) == text


def test_no_estimate_is_no_text():
    assert cells.time_left(None) == ""
    assert cells.time_left(TimeLeft(0.4, 0.4)) == ""
    assert cells.time_left(TimeLeft(61, 61)) == "about 1 min 01 s left"


def test_an_estimate_says_what_follows_and_what_it_is_at_most():
    assert cells.time_left(TimeLeft(61, 70, before_test=True)) == "about 1 min 01 s left before the test"
    assert cells.time_left(TimeLeft(60, 300)) == "about 1 min 00 s left, at most 5 min 00 s"


@pytest.mark.parametrize(("number", "text"), [(0.4, ".4"), (0.05, ".05"), (1.0, "1"), (0.0, "0"), (0.123, ".12")])
def test_shares_are_short(number, text):
    assert cells.share(number) == text


def test_a_configuration_reads_as_short_texts():
    assert cells.learning_rate(CONFIGURATION) == "3.1e-05"
    assert cells.mixture(CONFIGURATION) == "faq 0.31: de .4 zh .35 es .2 ru .05"
    assert cells.robust(CONFIGURATION) == "noise .051"


@pytest.mark.parametrize(
    ("robust", "text"),
    [
        ({"embedding_noise": {"distribution": "ball", "magnitude": 1e-5, "unit": "absolute"}}, "noise 1e-05abs"),
        ({"embedding_noise": {"distribution": "gaussian", "magnitude": 0.25, "samples": 4}}, "noise .25 x4"),
        (
            {"adversarial": {"attack": "freelb", "steps": 3, "step_size": 0.1, "radius": 0.3, "against": "loss"}},
            "freelb3 .1 r.3",
        ),
        (
            {"adversarial": {"attack": "pgd", "steps": 1, "step_size": 2.0, "against": "prediction"}},
            "pgd1 2 vs prediction",
        ),
        ({"consistency": {"magnitude": 0.01, "weight": 5.0}}, "r3f .01 w5"),
        ({"consistency": {"magnitude": 0.01, "weight": 5.0, "dropout": "drawn"}}, "r3f .01 w5 dropout"),
        ({"word_substitution": {}, "code_switch": {"rate": 0.3}}, "synonyms, switch .3"),
        ({"subword_sampling": {"rate": 0.3, "alpha": 0.1}, "averaging": {"kind": "last", "checkpoints": 3}},
         "subword .3, avg 3"),
        ({"averaging": {"kind": "running", "decay": 0.99}}, "avg .99"),
    ],
)  # fmt: skip
def test_every_method_of_robust_training_says_its_numbers(robust, text):
    assert cells.robust({"robust": robust}) == text


def test_every_method_has_a_text():
    plain = {"magnitude": 0.1, "step_size": 0.1, "rate": 0.1}
    for method in Robust.model_fields:
        assert cells.robust({"robust": {method: plain}}) != cells.NOTHING


@pytest.mark.parametrize("configuration", [{}, {"training": {}, "mixture": None, "robust": None}])
def test_what_a_configuration_lacks_is_a_dash(configuration):
    assert cells.learning_rate(configuration) == cells.NOTHING
    assert cells.mixture(configuration) == cells.NOTHING
    assert cells.robust(configuration) == cells.NOTHING


def test_a_score_that_is_absent_stays_absent():
    assert cells.percent(None) == cells.NOTHING
    assert cells.percent(0.0) == "0.00"


def test_zero_shot_means_without_english():
    assert ScoreNames().zero_shot({"en": {"f1": 90.0}, "de": {"f1": 60.0}, "th": {"f1": 40.0}}) == 50.0


def test_a_mean_over_a_missing_score_is_missing():
    assert ScoreNames().zero_shot({"de": {"f1": 60.0}, "th": {"exact_match": 40.0}}) is None
    assert ScoreNames().zero_shot({"en": {"f1": 90.0}}) is None


def test_an_objective_on_the_test_set_says_oracle():
    assert ScoreNames("dev.f1").name == "development F1"
    assert "ORACLE" in ScoreNames("test.exact_match").name
    assert "ORACLE" in ScoreNames("test.f1").header
