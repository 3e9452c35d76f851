from __future__ import annotations

import pytest

from xlingual.errors import StudyFileError

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
search: {trials_per_arm: 2}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "fragment"),
    [
        ("model: toy", "model: xlm-roberta-base", 5, "model: 'xlm-roberta-base' does not go with data.train: toy"),
        ("dev: toy", "dev: my/dev.json", 6, "data.dev: 'my/dev.json' does not go with data.train: toy"),
        ("test: toy", "test: google/xquad", 6, "data.test.source: 'google/xquad' does not go with data.train: toy"),
        ("{source: toy}", "{source: PaDaS-Lab/webfaq}", 6, "write toy in both places or in neither"),
        ("{source: toy}", "{source: toy, languages: [de, fr]}", 6, "the toy world has no FAQ pages in 'fr'"),
        ("{source: toy}", "{source: toy, languages: [de, en]}", 6, "the toy world has no FAQ pages in 'en'"),
        ("test: toy", "test: {source: toy, languages: [en]}", 6, "no language but English, so name the FAQ languages"),
        ("search: {trials_per_arm: 2}\n", "", 3, "search: is missing"),
    ],
)
def test_one_mistake_in_a_toy_study_is_one_problem_at_its_line(load, old, new, line, fragment):
    with pytest.raises(StudyFileError) as refused:
        load(TOY_STUDY, (old, new))
    (problem,) = refused.value.problems
    assert fragment in problem.message
    assert problem.line == line


@pytest.mark.parametrize("dev", ["", "dev: held-out-articles,"])
def test_a_toy_study_may_turn_the_knobs_of_its_world(load, dev):
    study = load(TOY_STUDY, ("dev: toy,", dev), ("model: toy", "model: toy\ntoy: {seed: 3, misalignment: 0}"))
    assert (study.toy.seed, study.toy.misalignment) == (3, 0.0)
