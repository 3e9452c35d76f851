from __future__ import annotations

import json
import math
import pickle

import optuna
import pytest
from scipy import stats

from xlingual.study import (
    Choice,
    Integer,
    LogNormal,
    LogUniform,
    Parameter,
    Simplex,
    Uniform,
    arm_space,
    draw,
    parameters,
)
from xlingual.study.space import as_written, in_words, largest, nodes, smallest

TREE = {
    "training": {
        "learning_rate": LogUniform(1e-5, 1e-3),
        "clip_norm": Uniform(0.5, 2.0),
        "batch_size": Choice((16, 32, 64)),
        "reports": Integer(2, 5),
        "updates": 500,
    },
    "mixture": {"faq_share": Uniform(0.0, 0.5), "weights": Simplex(("de", "es", "ru"))},
    "robust": Choice(
        (
            None,
            {"embedding_noise": {"distribution": Choice(("gaussian", "uniform")), "magnitude": LogUniform(0.01, 1)}},
        ),
        ("none", "noisy"),
    ),
}
ALWAYS = {
    "training.learning_rate",
    "training.clip_norm",
    "training.batch_size",
    "training.reports",
    "mixture.faq_share",
    "mixture.weights.0",
    "mixture.weights.1",
    "robust",
}
NOISY = {"robust.noisy.embedding_noise.distribution", "robust.noisy.embedding_noise.magnitude"}


@pytest.fixture
def study():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))


def has_nodes(tree):
    if isinstance(tree, dict):
        return any(has_nodes(value) for value in tree.values())
    return isinstance(tree, Uniform | LogUniform | Integer | Choice | Simplex)


def test_drawn_values_lie_in_their_ranges(study):
    for _ in range(50):
        tree = draw(TREE, study.ask())
        assert not has_nodes(tree)
        assert 1e-5 <= tree["training"]["learning_rate"] <= 1e-3
        assert tree["training"]["batch_size"] in (16, 32, 64)
        assert tree["training"]["reports"] in (2, 3, 4, 5)
        assert tree["training"]["updates"] == 500
        assert sum(tree["mixture"]["weights"].values()) == pytest.approx(1)
        json.dumps(tree)


def test_ranges_are_asked_for_under_their_names_and_scales():
    asked = []

    class Lowest:
        def suggest_float(self, name, low, high, *, log=False):
            asked.append((name, low, high, log))
            return low

        def suggest_int(self, name, low, high):
            asked.append((name, low, high))
            return low

        def suggest_categorical(self, name, choices):
            asked.append((name, *choices))
            return choices[-1]

    assert draw(TREE, Lowest())["robust"]["embedding_noise"] == {"distribution": "uniform", "magnitude": 0.01}
    assert asked == [
        ("training.learning_rate", 1e-5, 1e-3, True),
        ("training.clip_norm", 0.5, 2.0, False),
        ("training.batch_size", 16, 32, 64),
        ("training.reports", 2, 5),
        ("mixture.faq_share", 0.0, 0.5, False),
        ("mixture.weights.0", 0.0, 1.0, False),
        ("mixture.weights.1", 0.0, 1.0, False),
        ("robust", "none", "noisy"),
        ("robust.noisy.embedding_noise.distribution", "gaussian", "uniform"),
        ("robust.noisy.embedding_noise.magnitude", 0.01, 1, True),
    ]


def test_a_parameter_exists_only_where_its_branch_is_chosen(study):
    met = set()
    for _ in range(50):
        trial = study.ask()
        tree = draw(TREE, trial)
        label = trial.params["robust"]
        met.add(label)
        assert set(trial.params) == (ALWAYS | NOISY if label == "noisy" else ALWAYS)
        assert (tree["robust"] is None) == (label == "none")
    assert met == {"none", "noisy"}


def test_what_was_asked_can_be_asked_again(study):
    for _ in range(30):
        first = study.ask()
        tree = draw(TREE, first)
        study.enqueue_trial(first.params)
        second = study.ask()
        assert draw(TREE, second) == tree
        assert second.params == first.params
        assert draw(TREE, optuna.trial.FixedTrial(first.params)) == tree


def test_what_was_told_to_another_study_can_be_asked_again(study):
    trial = study.ask()
    tree = draw(TREE, trial)
    study.tell(trial, 1.0)
    other = optuna.create_study()
    other.add_trial(study.trials[0])
    other.enqueue_trial(json.loads(json.dumps(other.trials[0].params)))
    assert draw(TREE, other.ask()) == tree


def test_tpe_accepts_the_conditional_space(study):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=3))
    for _ in range(8):
        trial = study.ask()
        study.tell(trial, draw(TREE, trial)["mixture"]["faq_share"])
    assert len(study.trials) == 8


def test_a_choice_within_a_choice_has_its_own_name():
    tree = {"robust": Choice((None, Choice((1, Uniform(2.0, 3.0)), ("one", "range"))), ("off", "on"))}
    trial = optuna.trial.FixedTrial({"robust": "on", "robust.on": "range", "robust.on.range": 2.5})
    assert draw(tree, trial) == {"robust": 2.5}


def test_a_plain_tree_asks_nothing():
    trial = optuna.trial.FixedTrial({})
    assert draw({"a": {"b": 1, "c": None}}, trial) == {"a": {"b": 1, "c": None}}
    assert list(parameters({"a": {"b": 1, "c": None}})) == []
    assert list(parameters({"weights": Simplex(("de",))})) == []  # its weight is one
    assert [one.name for one in parameters({"weights": Simplex(())})] == ["weights"]  # of all languages


def test_a_simplex_of_one_is_a_weight_of_one():
    assert draw({"weights": Simplex(("de",))}, optuna.trial.FixedTrial({})) == {"weights": {"de": 1.0}}


def test_parameters_are_told_in_words_with_their_conditions():
    assert list(parameters(TREE)) == [
        Parameter("training.learning_rate", "log-uniform 1e-05 to 0.001"),
        Parameter("training.clip_norm", "uniform 0.5 to 2"),
        Parameter("training.batch_size", "one of 16, 32, 64"),
        Parameter("training.reports", "integer 2 to 5"),
        Parameter("mixture.faq_share", "uniform 0 to 0.5"),
        Parameter("mixture.weights", "weights of de, es, ru that sum to one"),
        Parameter("robust", "one of none, noisy"),
        Parameter("robust.noisy.embedding_noise.distribution", "one of gaussian, uniform", "robust is noisy"),
        Parameter("robust.noisy.embedding_noise.magnitude", "log-uniform 0.01 to 1", "robust is noisy"),
    ]


def test_truth_values_are_told_as_a_study_file_writes_them():
    assert in_words(Choice((False, True))) == "one of false, true"


def test_nodes_are_written_as_a_study_file_says_them():
    assert as_written(TREE["robust"]) == {
        "choice": {
            "none": None,
            "noisy": {
                "embedding_noise": {
                    "distribution": {"choice": ["gaussian", "uniform"]},
                    "magnitude": {"log_uniform": [0.01, 1]},
                }
            },
        }
    }
    assert as_written(Simplex(())) == {"simplex": "all"}
    assert as_written((Integer(1, 2), Uniform(0.1, 0.2))) == [{"integer": [1, 2]}, {"uniform": [0.1, 0.2]}]


def test_a_log_normal_number_is_normal_in_its_logarithm_up_to_three_deviations():
    node = LogNormal(3e-5, 2.0)
    assert (node.low, node.high) == pytest.approx((3e-5 / 8, 3e-5 * 8))
    cut = stats.truncnorm(-3, 3)
    for share in (0.0, 0.01, 0.3, 0.5, 0.9, 1.0):
        value = node.at_share(share)
        assert node.low <= value <= node.high
        assert math.log2(value / 3e-5) == pytest.approx(cut.ppf(share), abs=1e-9)
        assert node.share_below(value) == pytest.approx(share, abs=1e-12)
    assert (node.share_below(node.low), node.share_below(node.high)) == (0.0, 1.0)
    assert node.at_share(0.5) == pytest.approx(node.median)
    assert in_words(node) == "log-normal around 3e-05 by a factor of 2 (3.75e-06 to 0.00024)"
    assert as_written(node) == {"log_normal": [3e-5, 2.0]}
    assert (largest(Choice((node, 1e-4))), smallest(Choice((node, 1e-4)))) == (node.high, node.low)


def test_nodes_carry_the_names_that_a_draw_asks_for():
    tree = {"a": {"b": LogNormal(1.0, 2.0)}, "c": Choice((None, {"d": Integer(1, 2)}), ("off", "on")), "e": 3}
    assert [name for name, _ in nodes(tree)] == ["a.b", "c", "c.on.d"]


def test_nodes_are_values():
    assert pickle.loads(pickle.dumps(TREE)) == TREE
    with pytest.raises(AttributeError):
        TREE["training"]["learning_rate"].low = 0


def test_every_arm_of_a_study_can_be_drawn(load, study_text):
    study = load(study_text)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trials = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for name in study.arms:
        assert not has_nodes(draw(arm_space(study, name), trials.ask()))


def test_a_simplex_over_all_asks_for_the_faq_languages(load, study_text):
    weights = arm_space(load(study_text), "webfaq")["mixture"]["weights"]
    assert weights == Simplex(("de", "es", "ru"))
