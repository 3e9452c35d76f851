"""Findings of each arm's searches: the spread of their winners, and the best of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from xlingual.report.arm_summary import ArmSummary
from xlingual.report.number_format import NOTHING
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable


def winners_table(summary: Summary, warnings: Sequence[str] = ()) -> WideTable | None:
    """Arms by their searched parameters, their winners' scores in the order of the searches, and the best of all.

    None if no arm has several searches.
    """
    arms = list(summary.arms.values())
    if not any(arm.searches > 1 for arm in arms):
        return None
    groups = [
        [
            Column("searched\nparameters", [str(arm.dimension) for arm in arms]),
            Column(f"winners:\n{summary.objective}", [_objectives(arm) for arm in arms], wraps=True),
        ]
    ]
    if any(arm.mean(summary.headline) for arm in arms):
        what = summary.metrics.headline.title
        groups.append(
            [
                Column(f"winners:\nmean {what} of {summary.non_source}", [_scores(arm) for arm in arms], wraps=True),
                Column(f"best of all,\nits mean {what}", [_best(arm) for arm in arms]),
            ]
        )
    title = (
        f"{summary.study}: what the searches chose, one value a search; the best of all has the highest "
        f"{summary.objective}, and no interval or test is of it"
    )
    return WideTable(title, warnings, Column("arm", [arm.name for arm in arms]), groups)


def best_scores(arm: ArmSummary) -> tuple[int, float] | None:
    """The search that found the best of all winners, and its mean; None if it is not scored."""
    if arm.searches < 2 or arm.best is None or arm.best.search not in arm.units:
        return None
    return arm.best.search, arm.mean(arm.metrics.headline.name)[arm.units.index(arm.best.search)]


def _objectives(arm: ArmSummary) -> str:
    """One objective a search; "-" for one that has not chosen, or cannot."""
    found = {winner.search: winner.objective for winner in arm.winners}
    return _by_search(arm, found) if found else NOTHING


def _scores(arm: ArmSummary) -> str:
    """One mean a search, "-" for none; if nothing is searched, that of all seeds."""
    means = arm.mean(arm.metrics.headline.name)
    if not means:
        return NOTHING
    if arm.searches == 1:
        return f"{fmean(means):.1f} (nothing searched)"
    return _by_search(arm, dict(zip(arm.units, means, strict=True)))


def _by_search(arm: ArmSummary, found: Mapping[int, float | None]) -> str:
    values = [found.get(number) for number in range(1, arm.searches + 1)]
    return " ".join(NOTHING if value is None else f"{value:.1f}" for value in values)


def _best(arm: ArmSummary) -> str:
    found = best_scores(arm)
    return NOTHING if found is None else f"search {found[0]}: {found[1]:.1f}"
