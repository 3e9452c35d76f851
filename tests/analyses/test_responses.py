"""Responses: thirds and slopes against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from xlingual.analyses.responses import responses, slope_of
from xlingual.analyses.trial_table import Axis, TrialRow, TrialTable

AXES = (
    Axis("mixture.weights.de", 0.0, 1.0),
    Axis("robust.embedding_noise.magnitude", 0.1, 1.6, log=True),
    Axis("c", options=("x", "y")),
)
VALUES = [(0.1, 0.2, 50.0), (0.3, 0.1, 53.0), (0.2, 0.4, 51.0), (0.5, 0.8, 58.0), (0.6, 1.6, 57.0), (0.4, 0.3, 52.0)]


def table(count: int = 6) -> TrialTable:
    rows = [
        TrialRow(1, number, "finished", score, {AXES[0].name: weight, AXES[1].name: noise, "c": "x"})
        for number, (weight, noise, score) in enumerate(VALUES[:count])
    ]
    stopped = TrialRow(1, 9, "pruned", 99.0, {AXES[0].name: 0.9, AXES[1].name: 0.9, "c": "x"})
    return TrialTable("webfaq", AXES, (*rows, stopped))


def test_thirds_have_means_with_students_interval() -> None:
    weight, _ = responses(table())
    assert weight.points == ((0.1, 50.0), (0.2, 51.0), (0.3, 53.0), (0.4, 52.0), (0.5, 58.0), (0.6, 57.0))
    first, second, third = weight.thirds
    assert (first.least, first.most, first.trials, first.mean) == (0.1, 0.2, 2, 50.5)
    assert (second.mean, third.mean) == (52.5, 57.5)
    expected = stats.t.interval(0.95, 1, loc=50.5, scale=stats.sem([50.0, 51.0]))
    assert (first.low, first.high) == pytest.approx(expected)


def test_the_slope_is_the_least_squares_lines_with_its_interval() -> None:
    weight, noise = responses(table())
    fit = stats.linregress([w for w, _, _ in VALUES], [s for _, _, s in VALUES])
    reach = stats.t.ppf(0.975, 4) * fit.stderr
    assert (weight.slope, weight.slope_low, weight.slope_high) == pytest.approx(
        (fit.slope, fit.slope - reach, fit.slope + reach)
    )
    doubling = stats.linregress(np.log2([n for _, n, _ in VALUES]), [s for _, _, s in VALUES])
    assert noise.log and noise.slope == pytest.approx(doubling.slope)
    assert slope_of([(1.0, 2.0)] * 4, log=False) == (None, None, None)


def test_parts_are_chosen_by_name_and_few_trials_say_nothing() -> None:
    assert [one.parameter for one in responses(table(), "robust.")] == ["robust.embedding_noise.magnitude"]
    assert responses(table(5)) == ()
    assert responses(table())[0].as_json()["thirds"][0]["mean"] == 50.5
