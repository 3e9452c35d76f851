from __future__ import annotations

import math
from typing import Any

import pytest
from optuna.trial import TrialState

from xlingual.search.sampler import ArmSampler, PastTrial
from xlingual.study import load_study

TREE_PATHS = ("training.learning_rate", "robust.embedding_noise.magnitude")


@pytest.fixture(scope="module")
def tree(write_study: Any) -> dict[str, Any]:
    from xlingual.study import arm_space

    return arm_space(load_study(write_study("sampler")), "both")


def sampler(tree: dict[str, Any], past: tuple[PastTrial, ...] = (), kind: str = "tpe", seed: int = 0) -> ArmSampler:
    return ArmSampler("both", tree, kind=kind, startup_trials=2, seed=seed, metric="f1", full_budget=10, past=past)


def result(updates: int, f1: float) -> dict[str, Any]:
    return {"updates": updates, "f1": f1, "training_iteration": updates}


def test_values_lie_in_the_space(tree: dict[str, Any]) -> None:
    plain, values = sampler(tree).ask("t")
    assert 1e-4 <= plain["training"]["learning_rate"] <= 1e-2
    assert values["training.learning_rate"] == plain["training"]["learning_rate"]
    assert 0.01 <= plain["robust"]["embedding_noise"]["magnitude"] <= 0.2


def test_a_full_trial_is_complete_a_stopped_one_pruned_a_diverged_one_failed(tree: dict[str, Any]) -> None:
    arm = sampler(tree)
    for name in ("full", "stopped", "diverged", "lost"):
        arm.ask(name)
    for updates in (5, 10):
        arm.on_trial_result("full", result(updates, 50.0 + updates))
    arm.on_trial_complete("full", result(10, 60.0))
    arm.on_trial_result("stopped", result(5, 20.0))
    arm.on_trial_complete("stopped", result(5, 20.0))
    arm.on_trial_complete("diverged", {"updates": 10, "f1": 1.0, "failed": "diverged"})
    arm.on_trial_complete("lost", None, error=True)
    trials = arm.study.trials
    assert [trial.state for trial in trials] == [
        TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.FAIL,
    ]  # fmt: skip
    assert trials[0].value == 60.0
    assert trials[0].intermediate_values == {5: 55.0, 10: 60.0}
    assert arm.study.best_trial.number == 0


def test_the_report_that_a_trial_is_stopped_for_is_its_last_intermediate_value(tree: dict[str, Any]) -> None:
    arm = sampler(tree)
    for name in ("at once", "later", "full"):
        arm.ask(name)
    arm.on_trial_complete("at once", result(5, 20.0))  # Tune hands this report to nobody else
    arm.on_trial_result("later", result(5, 30.0))
    arm.on_trial_complete("later", result(7, 35.0))
    arm.on_trial_result("full", result(10, 50.0))
    arm.on_trial_complete("full", result(10, 50.0))  # without a scheduler Tune hands the last report over twice
    assert [trial.intermediate_values for trial in arm.study.trials] == [{5: 20.0}, {5: 30.0, 7: 35.0}, {10: 50.0}]


def test_a_live_sampler_and_one_rebuilt_from_the_records_know_the_same(tree: dict[str, Any]) -> None:
    live = sampler(tree)
    asked = [live.ask(name)[1] for name in ("stopped", "full")]
    live.on_trial_complete("stopped", result(5, 20.0))
    live.on_trial_result("full", result(5, 55.0))
    live.on_trial_complete("full", result(10, 60.0))
    rebuilt = sampler(
        tree,
        (
            PastTrial(asked[0], "pruned", 20.0, ((5, 20.0),)),
            PastTrial(asked[1], "finished", 60.0, ((5, 55.0), (10, 60.0))),
        ),
    )

    def known(arm: ArmSampler) -> list[Any]:
        return [(trial.state, trial.values, trial.params, trial.intermediate_values) for trial in arm.study.trials]

    assert known(live) == known(rebuilt)


def test_past_trials_are_rebuilt_and_an_unfinished_one_is_asked_again(tree: dict[str, Any]) -> None:
    first = sampler(tree)
    asked = [first.ask(name)[1] for name in "abc"]
    past = (
        PastTrial(asked[0], "finished", 60.0, ((5, 50.0), (10, 60.0))),
        PastTrial(asked[1], "pruned", 20.0, ((5, 20.0),)),
    )
    again = sampler(tree, past)
    assert [trial.state for trial in again.study.trials] == [TrialState.COMPLETE, TrialState.PRUNED]
    assert [trial.params for trial in again.study.trials] == asked[:2]
    assert again.ask("resumed", asked[2])[1] == asked[2]


def test_equal_seeds_ask_equally_and_a_resumed_sampler_does_not_repeat_itself(tree: dict[str, Any]) -> None:
    one, two = sampler(tree, seed=7), sampler(tree, seed=7)
    asked = [one.ask(str(n))[1] for n in range(4)]
    assert [two.ask(str(n))[1] for n in range(4)] == asked
    resumed = sampler(tree, (PastTrial(asked[0], "finished", 1.0),), seed=7)
    assert resumed.ask("next")[1] not in asked


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_every_kind_of_sampler_finds_its_way(tree: dict[str, Any], kind: str) -> None:
    arm = sampler(tree, kind=kind)
    scores = []
    for n in range(40):
        plain, _ = arm.ask(str(n))
        score = -abs(math.log10(plain["training"]["learning_rate"]) + 3)
        arm.on_trial_complete(str(n), result(10, score))
        scores.append(score)
    assert max(scores) > -0.2
    if kind == "tpe":
        assert sum(scores[20:]) / 20 > -0.4  # chance: -0.5
