"""The sampler of one arm: a first trial, a design, then Optuna. A draw is a function of its number and what was known.

Nothing lives from one draw to the next: each has a sampler of its own, seeded by the study's seed, the arm, the trial's
number and the attempt, over a study in memory that is filled from the records.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import FixedTrial, FrozenTrial, TrialState

from xlingual.search.coordinates import Coordinate, coordinates
from xlingual.search.design import design_point
from xlingual.seeds import stream_seed
from xlingual.study import draw
from xlingual.study.neutral import default_values

STATES = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "running": TrialState.RUNNING}


@dataclass(frozen=True)
class PastTrial:
    """What is known of a trial of the arm when another one is drawn.

    Attributes:
        number: its number in the arm.
        values: as asked, by parameter name.
        state: `finished`, `pruned`, `failed`, or `running` for one that did not end yet.
        objective: in percent; None without any.
        reports: (budget spent, see `xlingual.search.spent_budget`, objective in percent) of each.
    """

    number: int
    values: dict[str, Any]
    state: str = "running"
    objective: float | None = None
    reports: tuple[tuple[int, float], ...] = ()


class ArmSampler:
    """Draws configurations of one search.

    With `tpe` and the startup `centred`, number 0 is `first`, those that follow are of a design that is balanced and
    centred (`xlingual.search.design`) until `startup_trials` trials have a score, and then TPE proposes, in the
    coordinates of that design. With the startup `random` trials are drawn from the space itself until then, with
    `random` all are; number 0 is `first` then only where one is given.

    A trial that the scheduler stopped early is told to Optuna as PRUNED with its reports (Ray Tune's OptunaSearch tells
    it as COMPLETE with its low-budget value), a failed one as FAIL, and one that goes on as RUNNING.

    Args:
        arm: its name.
        tree: its search space.
        kind: `tpe` or `random`.
        startup_trials: finished or stopped trials before which tpe proposes none.
        seed: of the search.
        startup: `centred` or `random`.
        first: values by parameter name of the first trial; None is `xlingual.study.neutral.default_values`.
    """

    def __init__(
        self,
        arm: str,
        tree: dict[str, Any],
        *,
        kind: str,
        startup_trials: int,
        seed: int,
        startup: str = "centred",
        first: Mapping[str, Any] | None = None,
    ) -> None:
        self._arm, self._tree, self._kind = arm, tree, kind
        self._startup_trials, self._seed = startup_trials, seed
        self._centred = kind == "tpe" and startup == "centred"
        self._first = default_values(tree) if first is None and self._centred else first
        self._coordinates = coordinates(tree, centred=self._centred)
        self._frozen: dict[tuple[int, str], FrozenTrial] = {}
        optuna.logging.set_verbosity(optuna.logging.WARNING)

    def draw(self, number: int, past: Sequence[PastTrial], attempt: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
        """Draw the trial of a number: the plain tree, and the asked values by parameter name.

        Args:
            number: of the trial in its arm.
            past: every trial of the arm that was drawn before.
            attempt: 0, or how many draws of this number were configurations that the arm has already; those that
                follow the first are random ones.
        """
        values = None if attempt else self._planned(number, past)
        if values is not None:
            return self.tree_of(values), values
        asked = _Asked(self.study(number, past, attempt).ask(), self._coordinates)
        return draw(self._tree, asked), asked.values

    def _planned(self, number: int, past: Sequence[PastTrial]) -> dict[str, Any] | None:
        """Values that are decided before anything is known; None where Optuna draws."""
        if number == 0 and self._first is not None:
            return dict(self._first)
        scored = sum(trial.state in ("finished", "pruned") for trial in past)
        if self._centred and self._first is not None and scored < self._startup_trials:
            return design_point(self._tree, number, self._first, (self._seed, self._arm))
        return None

    def tree_of(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the plain tree that these values were asked for."""
        plain: dict[str, Any] = draw(self._tree, FixedTrial(values))
        return plain

    def study(self, number: int, past: Sequence[PastTrial], attempt: int = 0) -> optuna.Study:
        """Make Optuna's study of the arm as it is known when a trial is drawn."""
        seed = stream_seed(self._seed, "sampler", self._arm, number, attempt) % 2**32
        kind = "random" if attempt else self._kind
        sampler = _sampler(kind, self._startup_trials, seed)
        study = optuna.create_study(
            storage=optuna.storages.InMemoryStorage(), sampler=sampler, study_name=self._arm, direction="maximize"
        )
        for trial in sorted(past if kind != "random" else (), key=lambda each: each.number):
            study.add_trial(self._known(trial))
        return study

    def _known(self, trial: PastTrial) -> FrozenTrial:
        key = (trial.number, trial.state)
        if key not in self._frozen:
            self._frozen[key] = _frozen(self._tree, trial, self._coordinates)
        return self._frozen[key]


def _sampler(kind: str, startup_trials: int, seed: int) -> optuna.samplers.BaseSampler:
    if kind == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():  # multivariate and group are marked experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=startup_trials, multivariate=True, group=True, constant_liar=True
        )


@dataclass
class _Asked:
    """Answers `draw` by an Optuna trial, which is asked for coordinates of numbers that have one."""

    trial: optuna.Trial
    coordinates: Mapping[str, Coordinate]
    values: dict[str, Any] = field(default_factory=dict)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number of a range."""
        coordinate = self.coordinates.get(name)
        if coordinate is None:
            self.values[name] = self.trial.suggest_float(name, low, high, log=log)
        else:
            self.values[name] = coordinate.at_share(self.trial.suggest_float(name, 0.0, 1.0))
        return float(self.values[name])

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """Return a whole number of a range."""
        self.values[name] = self.trial.suggest_int(name, low, high)
        return int(self.values[name])

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        self.values[name] = self.trial.suggest_categorical(name, choices)
        return self.values[name]


class _Known(FrozenTrial):
    """A recorded trial, which Optuna's storage need not copy to its depths: that is what a draw would cost."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Known:
        return copy.copy(self)


def _frozen(tree: dict[str, Any], trial: PastTrial, coordinates: Mapping[str, Coordinate]) -> FrozenTrial:
    """Make Optuna's view of a recorded trial; the distributions come from asking the space with its values.

    It knows a number that has a coordinate by that.
    """
    fixed = FixedTrial(trial.values)
    draw(tree, fixed)
    shares = {name: one.share_below(fixed.params[name]) for name, one in coordinates.items() if name in fixed.params}
    state = STATES.get(trial.state, TrialState.FAIL)
    now = datetime.now()
    return _Known(
        number=trial.number,
        trial_id=trial.number,
        state=state,
        value=trial.objective if state in (TrialState.COMPLETE, TrialState.PRUNED) else None,
        datetime_start=now,
        datetime_complete=now if state.is_finished() else None,
        params={**fixed.params, **shares},
        distributions={**fixed.distributions, **dict.fromkeys(shares, FloatDistribution(0.0, 1.0))},
        user_attrs={},
        system_attrs={},
        intermediate_values=dict(trial.reports),
    )
