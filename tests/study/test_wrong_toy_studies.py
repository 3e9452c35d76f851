from __future__ import annotations

import pytest

from xlingual.study.data import TOY_TEXT_TO_TEXT

TOY_STUDY = """\
# A comment, so that the study begins on line 3.

name: toy_study
question: Does it help?
model: toy
data: {train: toy, dev: toy, test: toy, faq: {source: toy}}
training: {updates: 10, learning_rate: 1e-3}
arms:
  baseline: {baseline: true}
  webfaq: {mixture: {faq_share: 0.25, weights: {simplex: all}}}
search: {trials_per_arm: 4}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "model: toy",
            "model: xlm-roberta-base",
            5,
            "model: 'xlm-roberta-base' ... does not go with ... data.train: toy",
        ),
        (
            "webfaq: {",
            "webfaq: {model: google/mt5-small, ",
            10,
            "arms.webfaq.model ... 'google/mt5-small' ... does not go with",
        ),
        (
            "dev: toy",
            "dev: toy_text_to_text",
            6,
            "data.dev ... 'toy_text_to_text' ... does not go with ... data.train: toy",
        ),
        ("dev: toy", "dev: my/dev.json", 6, "data.dev ... 'my/dev.json' ... does not go with ... data.train: toy"),
        (
            "test: toy",
            "test: google/xquad",
            6,
            "data.test.source ... 'google/xquad' ... does not go with ... data.train: toy",
        ),
        ("{source: toy}", "{source: PaDaS-Lab/webfaq}", 6, "write toy in both places or in neither"),
        ("{source: toy}", "{source: toy, languages: [de, fr]}", 6, "the toy world has no FAQ pages in 'fr'"),
        ("{source: toy}", "{source: toy, languages: [de, en]}", 6, "the toy world has no FAQ pages in 'en'"),
        ("test: toy", "test: {source: toy, languages: [en]}", 6, "only English, so name the FAQ languages"),
        ("search: {trials_per_arm: 4}\n", "", 3, "search: is missing"),
    ],
)
def test_one_mistake_in_a_toy_study_is_one_problem_at_its_line(one_problem, old, new, line, said):
    one_problem(TOY_STUDY, (old, new), line=line, said=said)


@pytest.mark.parametrize("dev", ["", "dev: held-out-articles,"])
def test_a_toy_study_may_turn_the_knobs_of_its_world(load, dev):
    study = load(TOY_STUDY, ("dev: toy,", dev), ("model: toy", "model: toy\ntoy: {seed: 3, misalignment: 0}"))
    assert (study.toy.seed, study.toy.misalignment) == (3, 0.0)


MODEL_ALONE = """\
name: real_study
question: Does it help?
model: xlm-roberta-base
toy: {seed: 1}
data: {train: rajpurkar/squad, test: google/xquad}
training: {updates: 10, learning_rate: 1e-3}
arms:
  baseline: {baseline: true}
  text_to_text: {model: toy_text_to_text}
search: {trials_per_arm: 4}
"""


def test_a_toy_model_alone_does_not_go_with_real_data_and_makes_use_of_the_toy_section(one_problem):
    """A single problem: the section is not also reported as unused."""
    one_problem(MODEL_ALONE, line=9, said="'toy_text_to_text' ... data.train: rajpurkar/squad")


@pytest.mark.parametrize("arms", [False, True])
def test_the_toy_worlds_models_may_stand_in_one_study(load, arms):
    models = ("webfaq: {", "webfaq: {model: toy_text_to_text, ") if arms else ("model: toy", "model: toy_text_to_text")
    study = load(TOY_STUDY, models)
    assert study.uses_toy
    assert (study.model, study.arms["webfaq"].model) == (
        ("toy", TOY_TEXT_TO_TEXT) if arms else (TOY_TEXT_TO_TEXT, None)
    )
