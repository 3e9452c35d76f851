"""Ray Tune's event loop in discrete time, without actors: one searcher and one trial scheduler over learning curves.

The calls and their order are those of ray 2.60's `TuneController` (`step`, `_process_trial_result`, `stop_trial`), with
a `ConcurrencyLimiter` around the searcher as `TuneConfig(max_concurrent_trials=...)` puts it there:

- before each event the searcher is asked until it has no more for now, and the scheduler learns of each new trial;
- a report goes to the scheduler first, and to the searcher only if the scheduler lets the trial go on;
- a stopped trial's last report goes to both as its end;
- a trial that is not stopped ends with its last report, which goes to both once more, as done.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ray.tune.schedulers import TrialScheduler
from ray.tune.search import ConcurrencyLimiter, Searcher

METRIC = "objective"

# Makes a trial's reported scores, one for each of its reports, from the searcher's configuration.
Score = Callable[[dict[str, Any]], Sequence[float]]


@dataclass
class SimulatedTrial:
    """The part of a Tune trial that searchers and schedulers use.

    Attributes:
        trial_id: unique.
        number: number of trials started before it.
        config: what the searcher suggested.
        scores: by report.
        last_result: its last report; empty before the first.
        history: of each report, the updates that all trials together had done and its score.
        ended_after: updates that all trials together had done when it ended; None while it runs.
    """

    trial_id: str
    number: int
    config: dict[str, Any]
    scores: Sequence[float] = field(repr=False)
    last_result: dict[str, Any] = field(default_factory=dict)
    history: list[tuple[int, float]] = field(default_factory=list)
    ended_after: int | None = None


def simulate(
    searcher: Searcher,
    scheduler: TrialScheduler,
    score: Score,
    report_updates: Sequence[int],
    *,
    concurrent: int,
    horizon: int,
    slowness: Callable[[int], float] = lambda number: 1.0,
) -> list[SimulatedTrial]:
    """Let a searcher and a scheduler spend a budget.

    Args:
        searcher: suggests configurations; METRIC is its metric.
        scheduler: stops trials; METRIC is its metric, "updates" its time.
        score: the scores that a trial of this configuration reports.
        report_updates: updates after which a trial reports, the last being its full budget.
        concurrent: trials side by side.
        horizon: updates of all trials together after which the search ends.
        slowness: seconds that an update takes in the trial of a number.

    Returns:
        Trials in the order of their start; those that were running at the end have no `ended_after`.
    """
    limited = ConcurrencyLimiter(searcher, max_concurrent=concurrent)
    trials: list[SimulatedTrial] = []
    events: list[tuple[float, int, int]] = []  # time, trial number, index of the report
    time, spent, asked = 0.0, 0, 0
    while spent < horizon:
        while True:
            asked += 1  # Tune asks under a new id each time
            config = limited.suggest(f"trial-{asked}")
            if config is None or config == Searcher.FINISHED:
                break
            trial = SimulatedTrial(f"trial-{asked}", len(trials), config, score(config))
            trials.append(trial)
            scheduler.on_trial_add(None, trial)
            heapq.heappush(events, (time + slowness(trial.number) * report_updates[0], trial.number, 0))
        if not events:
            break
        time, number, index = heapq.heappop(events)
        trial = trials[number]
        before = report_updates[index - 1] if index else 0
        spent += report_updates[index] - before
        trial.history.append((spent, float(trial.scores[index])))
        if _goes_on(trial, index, report_updates, scheduler, limited):
            wait = slowness(number) * (report_updates[index + 1] - report_updates[index])
            heapq.heappush(events, (time + wait, number, index + 1))
        else:
            trial.ended_after = spent
    return trials


def _goes_on(
    trial: SimulatedTrial, index: int, report_updates: Sequence[int], scheduler: Any, searcher: Searcher
) -> bool:
    """Deliver one report like Tune; return whether the trial continues."""
    result = {
        METRIC: float(trial.scores[index]),
        "updates": report_updates[index],
        "training_iteration": index + 1,
        "trial_id": trial.trial_id,
        "done": False,
    }
    decision = scheduler.on_trial_result(None, trial, result)
    if decision == TrialScheduler.STOP:
        result["done"] = True
    else:
        searcher.on_trial_result(trial.trial_id, result)
    trial.last_result = result
    if decision != TrialScheduler.STOP and index + 1 < len(report_updates):
        return True
    result["done"] = True
    scheduler.on_trial_complete(None, trial, result)
    searcher.on_trial_complete(trial.trial_id, result=result)
    return False
