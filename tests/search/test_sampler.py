from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from scipy import stats

from xlingual.search.design import design_point
from xlingual.search.sampler import ArmSampler, PastTrial
from xlingual.study import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform
from xlingual.study.legality import OutsideSpace, redrawn
from xlingual.study.neutral import default_values
from xlingual.study.space import as_written

TREE = {
    "training": {"learning_rate": LogUniform(1e-4, 1e-2), "batch_size": Choice((8, 16, 32)), "epochs": Integer(1, 9)},
    "mixture": {"faq_share": Uniform(0.1, 0.5), "weights": Simplex(("de", "es", "en"))},
    "robust": Choice((None, {"noise": LogUniform(0.01, 0.2)}), ("plain", "noisy")),
}
KINDS = ("tpe", "random")


def sampler(kind: str = "tpe", seed: int = 0, arm: str = "both", trials: int = 4, **more: Any) -> ArmSampler:
    return ArmSampler(arm, TREE, kind=kind, startup_trials=trials, seed=seed, **more)


def score(values: dict[str, Any]) -> float:
    return 60.0 - 10 * abs(math.log10(values["training.learning_rate"]) + 3)


def ended(number: int, values: dict[str, Any]) -> PastTrial:
    """Every third trial was stopped early and every fifth failed."""
    if number % 5 == 4:
        return PastTrial(number, values, "failed", None, ((5, 10.0),))
    if number % 3 == 2:
        return PastTrial(number, values, "pruned", 20.0, ((5, 20.0),))
    return PastTrial(number, values, "finished", score(values), ((5, 30.0), (10, score(values))))


def search(arm: ArmSampler, trials: int, past: tuple[PastTrial, ...] = ()) -> tuple[PastTrial, ...]:
    """A search with one trial at a time."""
    for number in range(len(past), trials):
        past = (*past, ended(number, arm.draw(number, past)[1]))
    return past


def test_values_lie_in_the_space() -> None:
    plain, values = sampler().draw(0, ())
    assert 1e-4 <= plain["training"]["learning_rate"] == values["training.learning_rate"] <= 1e-2
    assert sum(plain["mixture"]["weights"].values()) == pytest.approx(1.0)
    assert sampler().tree_of(values) == plain


RECIPE = {**default_values(TREE), "training.learning_rate": 2e-3, "training.batch_size": 32}


@pytest.mark.parametrize("first", [None, RECIPE])
@pytest.mark.parametrize(("kind", "startup"), [("tpe", "centred"), ("tpe", "random"), ("random", "random")])
def test_some_trials_and_then_more_are_all_of_one_go(kind: str, startup: str, first: dict[str, Any] | None) -> None:
    def again() -> ArmSampler:
        return sampler(kind, startup=startup, first=first)

    whole = search(again(), 12)
    for some in (1, 3, 6, 11):
        assert search(again(), 12, search(again(), some)) == whole


def test_a_first_trial_that_comes_too_late_leaves_what_was_drawn_and_what_is_drawn_of_it() -> None:
    past = search(sampler(), 9)
    assert search(sampler(first=RECIPE), 12, past) == search(sampler(), 12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_draw_belongs_to_its_number_whoever_asks_and_however_often(kind: str) -> None:
    arm, past = sampler(kind), search(sampler(kind), 6)
    drawn = arm.draw(6, past)
    for _ in range(3):
        assert arm.draw(6, past) == drawn
    assert arm.draw(7, past)[1] != drawn[1]  # nothing ended in the meantime, and it is another trial number
    assert sampler(kind).draw(6, tuple(reversed(past))) == drawn  # in any order


@pytest.mark.parametrize("kind", KINDS)
def test_draws_differ_by_study_seed_arm_number_and_attempt(kind: str) -> None:
    draws = [sampler(kind).draw(1, ()), sampler(kind, seed=1).draw(1, ()), sampler(kind, arm="other").draw(1, ())]
    draws += [sampler(kind).draw(0, ()), sampler(kind).draw(2, ()), sampler(kind).draw(1, (), attempt=1)]
    rates = [values["training.learning_rate"] for _, values in draws]
    assert len(set(rates)) == len(rates)


def test_the_first_trial_is_the_one_that_is_given_or_the_middle() -> None:
    for seed in range(3):
        tree, values = sampler(seed=seed).draw(0, ())
        assert values == default_values(TREE)
        assert tree["training"] == {"learning_rate": pytest.approx(1e-3), "batch_size": 8, "epochs": 5}
        assert tree["mixture"] == {"faq_share": 0.1, "weights": pytest.approx(dict.fromkeys(("de", "es", "en"), 1 / 3))}
        assert tree["robust"] is None
    for kind in KINDS:
        for startup in ("centred", "random"):
            assert sampler(kind, startup=startup, first=RECIPE).draw(0, ())[1] == RECIPE


@pytest.mark.parametrize(("kind", "startup"), [("random", "centred"), ("random", "random"), ("tpe", "random")])
def test_random_trials_are_of_the_space_itself_from_the_first_on(kind: str, startup: str) -> None:
    found = [sampler(kind, seed, startup=startup).draw(0, ())[1]["training.learning_rate"] for seed in range(200)]
    shares = [math.log10(rate) / 2 + 2 for rate in found]
    assert stats.kstest(shares, stats.uniform.cdf).pvalue > 0.01


NORMAL = {"training": {"learning_rate": LogNormal(1e-4, 2.0), "batch_size": Choice((8, 16))}}


def test_a_log_normal_number_is_drawn_by_its_distribution_and_recorded_as_itself() -> None:
    def drawn(seed: int) -> float:
        arm = ArmSampler("a", NORMAL, kind="random", startup_trials=4, seed=seed)
        tree, values = arm.draw(0, ())
        assert tree["training"]["learning_rate"] == values["training.learning_rate"]
        assert arm.tree_of(values) == tree
        return math.log2(values["training.learning_rate"] / 1e-4)

    assert stats.kstest([drawn(seed) for seed in range(200)], stats.truncnorm(-3, 3).cdf).pvalue > 0.01


def test_tpe_knows_numbers_by_the_share_of_the_centred_distribution_below_them() -> None:
    values = default_values(TREE)
    past = (PastTrial(0, values, "finished", 60.0, ((10, 60.0),)),)
    (known,) = sampler().study(1, past).trials
    assert known.params == {
        **values,
        "training.learning_rate": pytest.approx(0.5),
        "mixture.faq_share": 0.0,
        "mixture.weights.0": pytest.approx(stats.beta(4, 8).cdf(1 / 3)),
        "mixture.weights.1": pytest.approx(0.5),
    }
    (known,) = sampler(startup="random").study(1, past).trials
    assert known.params == values


def test_tpe_knows_a_log_normal_number_by_the_share_below_it_and_finds_its_way() -> None:
    arm = ArmSampler("a", NORMAL, kind="tpe", startup_trials=4, seed=0)
    past: tuple[PastTrial, ...] = ()
    for number in range(30):
        values = arm.draw(number, past)[1]
        objective = 60.0 - 10 * abs(math.log2(values["training.learning_rate"] / 2e-4))
        past = (*past, PastTrial(number, values, "finished", objective, ((10, objective),)))
    first, *_, last = arm.study(30, past).trials
    assert first.params == {"training.learning_rate": pytest.approx(0.5), "training.batch_size": 8}
    assert first.distributions["training.learning_rate"] == FloatDistribution(0.0, 1.0)
    assert last.params["training.learning_rate"] == pytest.approx(
        NORMAL["training"]["learning_rate"].share_below(past[-1].values["training.learning_rate"])  # type: ignore[attr-defined]
    )
    tries = [abs(math.log2(trial.values["training.learning_rate"] / 2e-4)) for trial in past]
    assert sum(tries[20:]) / 10 < 0.5 < sum(tries[:8]) / 8


def test_trials_of_another_prior_are_used_where_they_are_legal() -> None:
    wide = {**NORMAL, "training": {**NORMAL["training"], "learning_rate": LogUniform(1e-6, 1e-2)}}
    arm = ArmSampler("a", wide, kind="random", startup_trials=4, seed=0)
    past = [PastTrial(n, arm.draw(n, ())[1], "finished", 50.0 + n) for n in range(12)]
    legal = []
    for trial in past:
        try:
            values = redrawn(as_written(wide), as_written(NORMAL), trial.values)
        except OutsideSpace:
            continue
        assert values == trial.values
        legal.append(trial)
    assert 0 < len(legal) < 12
    now = ArmSampler("a", NORMAL, kind="tpe", startup_trials=2, seed=0).study(12, legal)
    assert [trial.value for trial in now.trials] == [trial.objective for trial in legal]
    assert all(0.0 <= trial.params["training.learning_rate"] <= 1.0 for trial in now.trials)


def test_the_design_goes_on_until_enough_trials_have_a_score() -> None:
    arm, values = sampler(trials=3), default_values(TREE)
    none = tuple(PastTrial(number, values, state) for number, state in enumerate(("running", "failed", "running")))
    designed = [arm.draw(number, none)[1] for number in range(3, 7)]
    assert designed == [design_point(TREE, number, values, (0, "both")) for number in range(3, 7)]
    scored = tuple(PastTrial(number, values, "finished", 50.0, ((10, 50.0),)) for number in range(3))
    assert arm.draw(3, scored)[1] != designed[0]


def test_draws_are_the_same_in_another_process() -> None:
    """In one whose strings have hashes of their own."""
    program = (
        "from xlingual.search.sampler import ArmSampler, PastTrial\n"
        "from xlingual.study import LogUniform\n"
        "s = ArmSampler('a', {'x': LogUniform(0.1, 10.0)}, kind='tpe', startup_trials=1, seed=3)\n"
        "past = tuple(PastTrial(n, {'x': 0.2 * (n + 1)}, 'finished', float(n)) for n in range(4))\n"
        "print(hash('a'), repr(s.draw(4, past)[1]['x']))\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"}
    ).stdout.split()
    here = ArmSampler("a", {"x": LogUniform(0.1, 10.0)}, kind="tpe", startup_trials=1, seed=3)
    past = tuple(PastTrial(n, {"x": 0.2 * (n + 1)}, "finished", float(n)) for n in range(4))
    assert there[0] != str(hash("a")) and there[1] == repr(here.draw(4, past)[1]["x"])


def test_trials_that_go_on_are_known_as_such() -> None:
    """With several trials at a time, draws depend on running trials and keep away from them."""
    arm, past = sampler(), search(sampler(), 6)
    running = PastTrial(6, arm.draw(6, past)[1])
    study = arm.study(7, (*past, running))
    assert study.trials[-1].state == TrialState.RUNNING
    assert any(arm.draw(number, (*past, running)) != arm.draw(number, past) for number in range(7, 17))


def test_a_full_trial_is_complete_a_stopped_one_pruned_a_diverged_one_failed() -> None:
    values = sampler().draw(0, ())[1]
    past = (
        PastTrial(0, values, "finished", 60.0, ((5, 55.0), (10, 60.0))),
        PastTrial(1, values, "pruned", 20.0, ((5, 20.0),)),
        PastTrial(2, values, "failed", None, ((5, 1.0),)),
        PastTrial(3, values, "running"),
    )
    trials = sampler().study(4, past).trials
    assert [trial.state for trial in trials] == [
        TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING,
    ]  # fmt: skip
    assert trials[0].value == 60.0
    assert [trial.intermediate_values for trial in trials] == [{5: 55.0, 10: 60.0}, {5: 20.0}, {5: 1.0}, {}]


def test_a_draw_takes_nothing_from_the_randomness_of_others() -> None:
    import random

    import numpy as np

    before = (random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[index]
    search(sampler(), 4)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sampler_finds_its_way(kind: str) -> None:
    past = search(sampler(kind), 40)
    scores = [score(trial.values) for trial in past]
    assert max(scores) > 58.0
    if kind == "tpe":
        assert sum(scores[20:]) / 20 > 56.0  # chance: 55


def test_optuna_is_quiet() -> None:
    sampler()
    assert optuna.logging.get_verbosity() == optuna.logging.WARNING


def test_a_range_of_one_number_gives_that_number_from_the_first_trial_to_tpe() -> None:
    tree = {"training": {"a": Uniform(0.1, 0.1), "b": LogUniform(1e-3, 1e-3), "c": Uniform(0.0, 1.0)}}
    sampler = ArmSampler("arm", tree, kind="tpe", startup_trials=2, seed=1)
    past: list[PastTrial] = []
    for number in range(4):
        drawn, values = sampler.draw(number, past)
        assert (drawn["training"]["a"], drawn["training"]["b"]) == (0.1, 1e-3)
        past.append(PastTrial(number, values, "finished", 50.0 + number))
