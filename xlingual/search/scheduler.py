"""The trial scheduler: asynchronous successive halving (Li et al., arXiv 1810.05934), one ladder of rungs a search.

Arms compete in the report, not for the right to train: a trial is only ever stopped for being worse than trials of its
own search.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from ray.tune.schedulers import AsyncHyperBandScheduler

Reports = Sequence[tuple[int, float]]
"""Of one trial: what it had spent (see `xlingual.search.budget`) and its objective in percent, report by report."""
SPENT, OBJECTIVE = "spent", "objective"


class ArmScheduler:
    """ASHA within each search, by Ray Tune's rungs.

    A rung is filled by a trial's name, once: a trial that is tried again, or told of from the records, stands where it
    stood.

    Args:
        searches: what tells them apart.
        full_budget: updates of a whole trial, or passes where trials are equal in these; rungs are shares of it.
        grace_budget: no trial is stopped before so many of them.
        reduction_factor: of a rung, the best 1/factor go on.
        past: reports of the trials that ended before, by search and by name: they fill the rungs.
    """

    def __init__(
        self,
        searches: Sequence[Hashable],
        *,
        full_budget: int,
        grace_budget: int,
        reduction_factor: float,
        past: Mapping[Hashable, Mapping[str, Reports]],
    ) -> None:
        self._full_budget = full_budget
        self._ladders = {
            search: AsyncHyperBandScheduler(
                time_attr=SPENT,
                metric=OBJECTIVE,
                mode="max",
                max_t=full_budget,
                grace_period=grace_budget,
                reduction_factor=reduction_factor,
            )
            for search in searches
        }
        self._climbers: dict[str, _Climber] = {}
        for search, trials in past.items():
            for name, reports in trials.items():
                for step, objective in reports:
                    self.goes_on(search, name, step, objective)

    def goes_on(self, search: Hashable, name: str, step: int, objective: float) -> bool:
        """Put a trial's report on its search's ladder, and say whether the trial goes on."""
        ladder = self._ladders[search]
        if name not in self._climbers:
            self._climbers[name] = _Climber(ladder, name)
        return self._climbers[name].report(step, objective, self._full_budget)


class _Climber:
    """One trial on a ladder."""

    def __init__(self, ladder: Any, name: str) -> None:
        self._ladder, self._trial = ladder, SimpleNamespace(trial_id=name)
        self._seen = 0
        ladder.on_trial_add(None, self._trial)

    def report(self, step: int, objective: float, full_budget: int) -> bool:
        """Climb; a report that was made before changes nothing, as its trial went on then."""
        if step <= self._seen:
            return self._seen < full_budget
        self._seen = step
        report = {SPENT: step, OBJECTIVE: objective}
        goes_on = self._ladder.on_trial_result(None, self._trial, report) != "STOP"
        if step >= full_budget:  # a whole trial fills the rungs that are left to it
            self._ladder.on_trial_complete(None, self._trial, report)
        return goes_on
