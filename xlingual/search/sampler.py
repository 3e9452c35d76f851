"""The sampler of one arm: Ray Tune's OptunaSearch over the arm's space, filled from the records.

Optuna keeps no truth here: its study lives in memory and is rebuilt from the journal at every start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FixedTrial, TrialState, create_trial
from ray.tune.search.optuna import OptunaSearch

from xlingual.search.budget import is_whole, spent
from xlingual.study import draw
from xlingual.training.seeds import stream_seed

PLAIN_TREE = "tree"


@dataclass(frozen=True)
class ArmSpace:
    """An arm's search space as a define-by-run function; importable, for Tune pickles it."""

    tree: dict[str, Any]

    def __call__(self, trial: Any) -> dict[str, Any]:
        """Ask the trial for every parameter that is active."""
        return {PLAIN_TREE: draw(self.tree, trial)}


@dataclass(frozen=True)
class PastTrial:
    """What the records hold of a trial that ended.

    Attributes:
        values: as asked.
        state: of `TrialState`.
        objective: in percent; None without any.
        reports: (budget spent, see `xlingual.search.budget`, objective in percent) of each.
    """

    values: dict[str, Any]
    state: str
    objective: float | None
    reports: tuple[tuple[int, float], ...] = ()


class ArmSampler(OptunaSearch):
    """OptunaSearch that knows when a trial is whole; `full_budget` as in `xlingual.search.budget`.

    Stock OptunaSearch tells a trial that the scheduler stopped early as COMPLETE with its low-budget value; here it is
    told as PRUNED, and a diverged one as FAIL.
    """

    def __init__(
        self,
        arm: str,
        tree: dict[str, Any],
        *,
        kind: str,
        startup_trials: int,
        seed: int,
        metric: str,
        full_budget: int,
        past: Sequence[PastTrial] = (),
    ) -> None:
        storage = optuna.storages.InMemoryStorage()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.full_budget = full_budget
        self._reported: dict[str, int] = {}
        super().__init__(
            space=ArmSpace(tree),
            metric=metric,
            mode="max",
            sampler=_sampler(kind, startup_trials, stream_seed(seed, "sampler", arm, len(past)) % 2**32),
            storage=storage,
            study_name=arm,
        )
        for trial in past:
            self._ot_study.add_trial(_frozen(tree, trial))

    def ask(self, trial_id: str, values: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Choose a configuration: the plain tree, and the asked values by parameter name.

        Args:
            trial_id: Tune's.
            values: of a trial that was running when the driver died; asked for again instead of sampling.
        """
        if values is not None:
            self._ot_study.enqueue_trial(values)
        tree = self.suggest(trial_id)[PLAIN_TREE]
        return tree, dict(self._ot_trials[trial_id].params)

    def rename(self, old: str, new: str) -> None:
        """Know a trial under another of Tune's ids."""
        self._ot_trials[new] = self._ot_trials.pop(old)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Pass a development score on as an intermediate value, with the budget spent as its step."""
        if self.metric not in result:
            return
        step = spent(result, self.full_budget)
        if step > self._reported.get(trial_id, 0):
            self._ot_trials[trial_id].report(result[self.metric], step)
            self._reported[trial_id] = step

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tell Optuna how the trial ended.

        Tune passes the report for which the scheduler stops a trial here only: without it Optuna would rank a trial
        that was stopped at its first report below all others, and a rebuilt sampler would know more than a live one.
        """
        trial = self._ot_trials[trial_id]
        if not error:
            self.on_trial_result(trial_id, result or {})
        objective = (result or {}).get(self.metric)
        if error or objective is None or (result or {}).get("failed"):
            self._ot_study.tell(trial, state=TrialState.FAIL)
        elif not is_whole(result or {}, self.full_budget):
            self._ot_study.tell(trial, state=TrialState.PRUNED)
        else:
            self._ot_study.tell(trial, objective)

    @property
    def study(self) -> optuna.Study:
        """Optuna's study of this arm."""
        return self._ot_study


def _sampler(kind: str, startup_trials: int, seed: int) -> optuna.samplers.BaseSampler:
    if kind == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    import warnings

    with warnings.catch_warnings():  # multivariate and group are marked experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=startup_trials, multivariate=True, group=True, constant_liar=True
        )


def _frozen(tree: dict[str, Any], trial: PastTrial) -> optuna.trial.FrozenTrial:
    """Make Optuna's view of a recorded trial; the distributions come from asking the space with its values."""
    fixed = FixedTrial(trial.values)
    draw(tree, fixed)
    state = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED}.get(trial.state, TrialState.FAIL)
    return create_trial(
        state=state,
        value=None if state == TrialState.FAIL else trial.objective,
        params=fixed.params,
        distributions=fixed.distributions,
        intermediate_values=dict(trial.reports),
    )
