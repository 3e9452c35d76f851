"""The best development score against the number of trials: how much of a result is the budget of its search.

Where trials are independent draws (random sampler, nothing stopped early), the expected best of n of them is estimated
from all N: the mean of the maximum over all subsets of size n. That is the unbiased form (Tang et al. 2020, arXiv
2004.13705) of the estimator of Dodge et al. (2019, arXiv 1909.03004), which draws with replacement and is too low.
Under another sampler or a scheduler trials depend on those before them, no subset of them is a search, and the only
curves are those of the searches as they went: the best so far after n trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

from xlingual.errors import DataError
from xlingual.records.state import StudyState, TrialState

FAILED = 0.0
"""Objective of a trial that failed, in percent: it costs a training and gives no model."""


@dataclass(frozen=True, slots=True)
class BestScores:
    """One arm's best objective, in percent, against the number of trials.

    Attributes:
        arm: its name.
        independent: whether its trials are independent draws.
        expected: of the best of 1, 2, ... trials; empty where trials are not independent.
        incumbents: search -> best objective after its 1st, 2nd, ... trial; None before one finished. Trials stopped
            early count, without a score.
    """

    arm: str
    independent: bool
    expected: tuple[float, ...]
    incumbents: dict[int, tuple[float | None, ...]]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def expected_best(scores: Sequence[float]) -> tuple[float, ...]:
    """Mean of the best over all subsets of 1, 2, ..., N scores.

    The i-th smallest of N scores is the best of comb(i - 1, n - 1) of the comb(N, n) subsets of size n.

    Raises:
        DataError: without any score.
    """
    if not scores:
        raise DataError("the expected best needs at least one score, found none")
    ascending, total = sorted(scores), len(scores)
    return tuple(
        sum(comb(place, size - 1) * score for place, score in enumerate(ascending)) / comb(total, size)
        for size in range(1, total + 1)
    )


def best_scores(state: StudyState) -> tuple[BestScores, ...]:
    """The curves of every arm with an ended trial."""
    search = state.study["search"]
    independent = search.get("sampler", "tpe") == "random" and search.get("scheduler", "none") == "none"
    found = []
    for arm in state.arms:
        trials = [trial for trial in state.arm_trials(arm) if not trial.unfinished]
        if not trials:
            continue
        scores = [_score(trial) or FAILED for trial in trials]
        by_search: dict[int, list[TrialState]] = {}
        for trial in trials:
            by_search.setdefault(trial.search, []).append(trial)
        curves = {search: _incumbent(of) for search, of in by_search.items()}
        found.append(BestScores(arm, independent, expected_best(scores) if independent else (), curves))
    return tuple(found)


def _score(trial: TrialState) -> float | None:
    return trial.objective if trial.state == "finished" else None


def _incumbent(trials: Sequence[TrialState]) -> tuple[float | None, ...]:
    best: float | None = None
    found = []
    for trial in trials:
        score = _score(trial)
        best = score if best is None else max(best, best if score is None else score)
        found.append(best)
    return tuple(found)
