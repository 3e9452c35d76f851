"""Importance: Optuna's own number, on full trainings alone, with what chance gives."""

from __future__ import annotations

import numpy as np
import optuna
import pytest

from xlingual.analyses.importance import LEAST_TRIALS, importance_of
from xlingual.analyses.trial_table import Axis, TrialRow, TrialTable

AXES = (
    Axis("training.learning_rate", 1e-5, 1e-3, log=True),
    Axis("mixture.weights.de", 0.0, 1.0),
    Axis("noise", options=("on", "off")),
)


def table(count: int, pruned: int = 0) -> TrialTable:
    """Trials whose objective depends on the learning rate alone; pruned ones contradict it."""
    generator = np.random.default_rng(1)
    rows = []
    for number in range(count + pruned):
        rate, weight = 10 ** generator.uniform(-5, -3), generator.uniform(0, 1)
        values = {
            "training.learning_rate": rate,
            "mixture.weights.de": weight,
            "noise": generator.choice(["on", "off"]),
        }
        score = 70 + 10 * np.log10(rate) if number < count else 100.0
        state = "finished" if number < count else "pruned"
        rows.append(
            TrialRow(
                1,
                number,
                state,
                float(score),
                {name: value if name != "noise" else str(value) for name, value in values.items()},
            )
        )
    return TrialTable("webfaq", AXES, tuple(rows))


def test_it_is_optunas_number_with_the_best_tenth_or_five_trials() -> None:
    found = importance_of(table(30))
    assert found is not None
    study = optuna.create_study(direction="maximize")
    distributions = {
        "training.learning_rate": optuna.distributions.FloatDistribution(1e-5, 1e-3, log=True),
        "mixture.weights.de": optuna.distributions.FloatDistribution(0, 1),
        "noise": optuna.distributions.CategoricalDistribution(("on", "off")),
    }
    for row in table(30).rows:
        study.add_trial(optuna.create_trial(params=dict(row.values), distributions=distributions, value=row.objective))
    expected = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=5 / 30).evaluate(study)
    assert {one.name: one.importance for one in found.parameters} == pytest.approx(expected)
    assert (found.trials, found.top) == (30, 5)
    assert sum(one.share for one in found.parameters) == pytest.approx(1)


def test_what_matters_is_beyond_chance_and_what_does_not_is_not() -> None:
    found = importance_of(table(60))
    assert found is not None
    first, *others = found.parameters
    assert first.name == "training.learning_rate" and first.beyond_chance and first.share > 0.6
    assert not any(one.beyond_chance for one in others)
    assert found.as_json()["parameters"][0]["chance"] == first.chance


def test_trials_that_were_stopped_early_do_not_count() -> None:
    assert importance_of(table(30, pruned=10)) == importance_of(table(30))


def test_few_trials_say_nothing() -> None:
    assert importance_of(table(LEAST_TRIALS - 1)) is None
    assert importance_of(TrialTable("fixed", (), table(20).rows)) is None


def test_optunas_messages_are_as_they_were(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    assert importance_of(table(LEAST_TRIALS)) is not None
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")
