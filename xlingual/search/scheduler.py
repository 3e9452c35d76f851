"""The trial scheduler: asynchronous successive halving (Li et al., arXiv 1810.05934), one ladder of rungs an arm.

Arms compete in the report, not for the right to train: a trial is only ever stopped for being worse than trials of its
own arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler

from xlingual.search.budget import spent

Reports = Sequence[Mapping[str, Any]]
SPENT = "spent"
"""Of a report on a ladder: what its trial has spent of the full budget."""


class ArmScheduler(FIFOScheduler):
    """ASHA within each arm.

    Args:
        arms: their names; a Tune trial's `config["arm"]` names its own.
        metric: development score in percent, larger is better.
        full_budget: updates of a whole trial, or passes where trials are equal in these; rungs are shares of it.
        grace_budget: no trial is stopped before so many of them.
        reduction_factor: of a rung, the best 1/factor go on.
        past: reports of the trials that ended before, by arm: they fill the rungs.
    """

    def __init__(
        self,
        arms: Sequence[str],
        *,
        metric: str,
        full_budget: int,
        grace_budget: int,
        reduction_factor: float,
        past: Mapping[str, Sequence[Reports]],
    ) -> None:
        super().__init__()
        self._full_budget = full_budget
        self._ladders = {
            arm: AsyncHyperBandScheduler(
                time_attr=SPENT,
                metric=metric,
                mode="max",
                max_t=full_budget,
                grace_period=grace_budget,
                reduction_factor=reduction_factor,
            )
            for arm in arms
        }
        for arm, trials in past.items():
            for number, reports in enumerate(trials):
                _climb(self._ladders[arm], f"past-{arm}-{number}", [self._on_ladder(report) for report in reports])

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Put a trial on its arm's ladder."""
        self._of(trial).on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Decide whether the trial goes on."""
        return str(self._of(trial).on_trial_result(tune_controller, trial, self._on_ladder(result)))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Record the last result of a trial that ended by itself."""
        self._of(trial).on_trial_complete(tune_controller, trial, self._on_ladder(result))

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """Take a trial off its ladder."""
        self._of(trial).on_trial_remove(tune_controller, trial)

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        """Leave a failed trial's rungs as they are."""
        self._of(trial).on_trial_error(tune_controller, trial)

    def debug_string(self) -> str:
        """Describe every ladder."""
        return "\n".join(f"{arm}: {ladder.debug_string()}" for arm, ladder in self._ladders.items())

    def _on_ladder(self, report: Mapping[str, Any]) -> dict[str, Any]:
        return {**report, SPENT: spent(report, self._full_budget)} if "updates" in report else dict(report)

    def _of(self, trial: Any) -> Any:
        return self._ladders[trial.config["arm"]]


def _climb(ladder: Any, name: str, reports: Reports) -> None:
    """Replay a past trial's reports on a ladder, through the scheduler's public methods."""
    if not reports:
        return
    trial = SimpleNamespace(trial_id=name)
    ladder.on_trial_add(None, trial)
    for report in reports[:-1]:
        ladder.on_trial_result(None, trial, dict(report))
    ladder.on_trial_complete(None, trial, dict(reports[-1]))
