"""The trial schedulers: asynchronous successive halving and the median stopping rule, apart for each search.

Arms compete in the report, not for the right to train: a trial is only ever stopped for being worse than trials of its
own search.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from statistics import fmean, median
from types import SimpleNamespace
from typing import Any, Literal, Protocol

from ray.tune.schedulers import AsyncHyperBandScheduler

Reports = Sequence[tuple[int, float]]
"""Of one trial: what it had spent (`xlingual.search.spent_budget`) and its objective in percent, report by report."""
SPENT, OBJECTIVE = "spent", "objective"
COMPARED = 3
"""Trials that must have come as far as another one before the median stopping rule may stop that one."""


class Rule(Protocol):
    """Stops trials of one search."""

    def goes_on(self, name: str, step: int, objective: float) -> bool:
        """Take in a trial's report, and say whether the trial goes on."""


class ArmScheduler:
    """Stops trials, each for what other trials of its own search reported.

    A trial's report counts once: a trial that is tried again, or told of from the records, is where it was.

    Args:
        searches: their keys; an arm's name where each arm has one search.
        kind: `asha` or `median`.
        full_budget: updates of a whole trial, or passes where trials are equal in these.
        grace_budget: no trial is stopped before this budget is spent.
        reduction_factor: of ASHA; of a rung, the best 1/factor go on.
        past: reports of the trials that ended before, by search and by name.
    """

    def __init__(
        self,
        searches: Sequence[Hashable],
        *,
        full_budget: int,
        grace_budget: int,
        past: Mapping[Hashable, Mapping[str, Reports]],
        kind: Literal["asha", "median"] = "asha",
        reduction_factor: float = 3,
    ) -> None:
        self._full_budget = full_budget
        self._rules: dict[Hashable, Rule] = {
            search: MedianRule(grace_budget) if kind == "median" else Asha(full_budget, grace_budget, reduction_factor)
            for search in searches
        }
        self._seen: dict[tuple[Hashable, str], int] = {}
        self._ended: dict[tuple[Hashable, str], int] = {}
        for search, trials in past.items():
            for name, reports in trials.items():
                for step, objective in reports:
                    self.goes_on(search, name, step, objective)

    def goes_on(self, search: Hashable, name: str, step: int, objective: float) -> bool:
        """Take in a report of a trial, and say whether the trial goes on.

        A report that was made before changes nothing: the trial goes on if it went on then.
        """
        trial = (search, name)
        if step <= self._seen.get(trial, 0):
            return step < self._ended.get(trial, step + 1)
        self._seen[trial] = step
        goes_on = self._rules[search].goes_on(name, step, objective) and step < self._full_budget
        if not goes_on:
            self._ended.setdefault(trial, step)
        return goes_on


class Asha:
    """Asynchronous successive halving (Li et al., MLSys 2020, arXiv 1810.05934) by Ray Tune's rungs."""

    def __init__(self, full_budget: int, grace_budget: int, reduction_factor: float) -> None:
        self._full_budget = full_budget
        self._trials: dict[str, SimpleNamespace] = {}
        self._ladder: Any = AsyncHyperBandScheduler(
            time_attr=SPENT,
            metric=OBJECTIVE,
            mode="max",
            max_t=full_budget,
            grace_period=grace_budget,
            reduction_factor=reduction_factor,
        )

    def goes_on(self, name: str, step: int, objective: float) -> bool:
        """Put a report on the ladder: below the best 1/factor of its rung, the trial is stopped."""
        if name not in self._trials:
            self._trials[name] = SimpleNamespace(trial_id=name)
            self._ladder.on_trial_add(None, self._trials[name])
        report = {SPENT: step, OBJECTIVE: objective}
        goes_on = self._ladder.on_trial_result(None, self._trials[name], report) != "STOP"
        if step >= self._full_budget:  # a whole trial fills the rungs that are left to it
            self._ladder.on_trial_complete(None, self._trials[name], report)
        return goes_on


class MedianRule:
    """The median stopping rule (Golovin et al., KDD 2017, section 3.2.2).

    A trial is stopped when its best report so far is below the median of what other trials reported on average up to
    this step. As in Ray Tune's `MedianStoppingRule`, the others are all trials that came at least as far, and there
    must be three; that class keeps no trial that goes on after a report at which it would have stopped it, as one told
    from the records may, since reports of trials side by side are not told again in the order in which they were made.
    """

    def __init__(self, grace_budget: int) -> None:
        self._grace_budget = grace_budget
        self._reports: dict[str, list[tuple[int, float]]] = {}

    def goes_on(self, name: str, step: int, objective: float) -> bool:
        """Take in a report; before the grace budget no trial is stopped, nor do earlier reports count."""
        reports = self._reports.setdefault(name, [])
        reports.append((step, objective))
        if step < self._grace_budget:
            return True
        averages = [
            fmean(values)
            for other, others in self._reports.items()
            if other != name and others[-1][0] >= step and (values := self._values(others, step))
        ]
        best = max(value for _, value in reports)
        return len(averages) < COMPARED or best >= median(averages)

    def _values(self, reports: Reports, step: int) -> list[float]:
        return [value for at, value in reports if self._grace_budget <= at <= step]
