"""Which searched parameters the development score depends on, by PED-ANOVA (Watanabe et al. 2023, arXiv 2304.10255).

A parameter is important if the best trials have other values of it than all trials. Only trials that were trained to
their last update count, of all searches of an arm together; a mixture is described by its weights, not by the
coordinates in which it was drawn. With few trials chance alone makes parameters look important, so each comes with what
chance gives: the largest of the same number after 19 shufflings of the objectives over the trials, which chance alone
exceeds once in twenty.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from xlingual.analyses.trial_table import Axis, TrialRow, TrialTable, Value

LEAST_TRIALS = 8
"""Fewer full trainings say nothing: none is above another by more than a trial or two."""
TOP_TRIALS, TOP_SHARE, MOST_SHARE = 5, 0.1, 0.5
"""The best trials are a tenth, at least five (as Optuna advises), at most half of them."""
SHUFFLES = 19


@dataclass(frozen=True, slots=True)
class ParameterImportance:
    """One parameter.

    Attributes:
        name: its path.
        importance: the divergence of the best trials' values from all trials', in the units of PED-ANOVA.
        share: of the sum over the arm's parameters; 0 where that is 0.
        chance: the largest `importance` over shuffled objectives.
    """

    name: str
    importance: float
    share: float
    chance: float

    @property
    def beyond_chance(self) -> bool:
        """Whether no shuffled objectives give as much (p 0.05); not adjusted for the number of parameters."""
        return self.importance > self.chance


@dataclass(frozen=True, slots=True)
class ArmImportance:
    """The parameters of one arm, the most important first.

    trials: number of full trainings. top: how many of them are the best ones.
    """

    arm: str
    trials: int
    top: int
    parameters: tuple[ParameterImportance, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def importance_of(table: TrialTable) -> ArmImportance | None:
    """The importance of an arm's parameters; None without any, or with fewer than `LEAST_TRIALS` full trainings."""
    rows = table.full
    if len(rows) < LEAST_TRIALS or not table.axes:
        return None
    share = min(MOST_SHARE, max(TOP_SHARE, TOP_TRIALS / len(rows)))
    objectives = np.array([float(row.objective or 0.0) for row in rows])
    found = _importances(table.axes, rows, objectives, share)
    generator = np.random.default_rng(0)
    shuffled = [_importances(table.axes, rows, generator.permutation(objectives), share) for _ in range(SHUFFLES)]
    total = sum(found.values())
    parameters = tuple(
        ParameterImportance(
            name,
            value,
            value / total if total else 0.0,
            max(one.get(name, 0.0) for one in shuffled),
        )
        for name, value in sorted(found.items(), key=lambda item: -item[1])
    )
    return ArmImportance(table.arm, len(rows), math.ceil(share * len(rows)), parameters)


def _importances(axes: Sequence[Axis], rows: Sequence[TrialRow], objectives: Any, share: float) -> dict[str, float]:
    """Importance by name, from a study of Optuna's in memory."""
    import optuna

    by_name = {axis.name: axis for axis in axes}
    distributions = {axis.name: _distribution(axis) for axis in axes}
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(direction="maximize")
        study.add_trials(
            [
                optuna.create_trial(
                    params={name: _clipped(by_name[name], value) for name, value in row.values.items()},
                    distributions={name: distributions[name] for name in row.values},
                    value=float(objective),
                )
                for row, objective in zip(rows, objectives, strict=True)
            ]
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a conditional parameter that few trials have: its share is small anyway
            evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=share)
            return {name: float(value) for name, value in evaluator.evaluate(study).items()}
    finally:
        optuna.logging.set_verbosity(verbosity)


def _clipped(axis: Axis, value: Value) -> Value:
    """A value within its axis's ends, which rounding may have passed."""
    if isinstance(value, str) or axis.low is None or axis.high is None:
        return value
    return min(axis.high, max(axis.low, value))


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.options:
        return CategoricalDistribution(axis.options)
    low, high = float(axis.low or 0.0), float(axis.high or 0.0)
    return IntDistribution(int(low), int(high)) if axis.whole else FloatDistribution(low, high, log=axis.log)
