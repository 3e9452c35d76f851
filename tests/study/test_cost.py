"""The possible cost of a trial, from its arm's search space, and the cost of a recorded one."""

from __future__ import annotations

import pytest

from xlingual.errors import StudyFileError
from xlingual.study.cost import Cost, cost_of, possible_costs


def costs(load, study_text: str, robust: str, equal: str = "updates") -> list[tuple[int, int]]:
    text = study_text.replace("search:", f"  it: {{robust: {robust}}}\nsearch:\n  equal: {equal}")
    return [(cost.passes_per_update, cost.updates) for cost in possible_costs(load(text), "it")]


@pytest.mark.parametrize(
    ("robust", "passes"),
    [
        ("{embedding_noise: {magnitude: 0.1, distribution: uniform}}", [1]),
        ("{embedding_noise: {magnitude: {log_uniform: [0.1, 1]}, samples: {choice: [1, 4]}}}", [1, 4]),
        ("{consistency: {magnitude: {choice: [0, 0.1]}, dropout: {choice: [drawn, shared]}}}", [1, 2]),
        ("{consistency: {magnitude: 0, dropout: drawn}}", [2]),
        ("{consistency: {magnitude: 0.1, place: {choice: [word_embeddings, embeddings]}}}", [2]),
        ("{adversarial: {step_size: 0.1}}", [3]),
        ("{adversarial: {step_size: 0.1, steps: {integer: [2, 4]}}}", [2, 3, 4]),
        ("{adversarial: {step_size: 0.1, steps: 2, attack: {choice: [pgd, freelb]}}}", [2, 3]),
        (
            "{adversarial: {step_size: 0.1, steps: 2, start: 0.1, attack: pgd, against: {choice: [loss, prediction]}}}",
            [3, 4],
        ),
        ("{adversarial: {step_size: {choice: [0, 0.1, 1.0]}}}", [1, 3]),
        ("{adversarial: {step_size: {choice: [0, 0.1]}, start: 0.1}}", [3]),
        ("{adversarial: {step_size: 0.1, radius: {uniform: [0, 1]}}}", [3]),
        ("{embedding_noise: {magnitude: {choice: [0.0, 0.1]}, samples: 3}}", [1, 3]),
        ("{choice: {none: null, noisy: {consistency: {magnitude: 0.1}}}}", [1, 2]),
        ("{consistency: {choice: {none: null, weak: {magnitude: 0.1}}}}", [1, 2]),
        ("{averaging: {kind: running}}", [1]),
    ],
)
def test_every_number_of_passes_that_an_arm_may_draw_is_known(load, study_text, robust, passes):
    assert costs(load, study_text, robust) == [(number, 500) for number in passes]


def test_equal_passes_are_as_many_updates_as_go_into_them(load, study_text):
    found = costs(load, study_text, "{adversarial: {step_size: 0.1, steps: {integer: [2, 4]}}}", "passes")
    assert found == [(2, 250), (3, 166), (4, 125)]
    assert Cost(3, 166).passes == 498


def test_the_cost_of_a_record_is_that_of_its_configuration():
    training = {"updates": 166, "learning_rate": 1e-5}
    assert cost_of({"training": training}) == Cost(1, 166)
    noise = {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.1}}
    assert cost_of({"training": training, "robust": noise}) == Cost(1, 166)
    adversarial = {"adversarial": {"attack": "pgd", "steps": 2, "step_size": 0.1, "against": "prediction"}}
    assert cost_of({"training": training, "robust": adversarial}) == Cost(4, 166)


EQUAL_PASSES = """  short: {robust: {adversarial: {steps: {integer: [2, 4]}, step_size: 0.1}}}
  other: {robust: {consistency: {magnitude: 0.1}}}
search:
  equal: passes"""


def test_reports_fit_the_updates_of_the_dearest_trial(load, one_problem, study_text):
    text = study_text.replace("search:", EQUAL_PASSES)
    one_problem(text, ("updates: 500", "updates: 9"), line=9, said="training.updates ... reports: 2 ... updates: 20")
    load(text.replace("updates: 500", "updates: 20"))
    load(text.replace("updates: 500", "updates: 9").replace("equal: passes", "equal: updates"))


def test_arms_have_updates_of_their_own_only_where_nothing_is_equal(load, study_text):
    text = study_text.replace("search:", "  longer: {training: {updates: 900}}\nsearch:")
    with pytest.raises(StudyFileError, match=r"write search\.equal: nothing"):
        load(text)
    study = load(text.replace("search:", "search:\n  equal: nothing"))
    assert possible_costs(study, "longer") == (Cost(1, 900),)
    assert possible_costs(study, "baseline") == (Cost(1, 500),)
