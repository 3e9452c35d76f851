"""Notes on a study's headlines: their tests, the differences it could have found, and what would decide the rest."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.languages import name_or_code
from xlingual.report.arm_summary import unit_names
from xlingual.report.differences import Difference, headline_of
from xlingual.report.number_format import signed
from xlingual.report.summary import Summary
from xlingual.statistics.power import POWER
from xlingual.study.searches import MOST


def power_notes(summary: Summary) -> list[str]:
    """Sentences on the headlines: tests, a check, the smallest detectable differences, and what is undecided."""
    gaps = {arm: cells[headline_of(cells)][summary.headline] for arm, cells in summary.differences.items()}
    return [
        *_tests(summary, gaps),
        *_check(summary, gaps),
        *_detectable(summary, gaps),
        *_undecided(summary, gaps),
        *_pooled(summary),
    ]


def _tests(summary: Summary, gaps: dict[str, Difference]) -> Iterator[str]:
    known = {arm: gap for arm, gap in gaps.items() if gap.found.p is not None and gap.found.freedom is not None}
    if known:
        tests = "; ".join(f"{arm} {_test(gap)}" for arm, gap in known.items())
        yield f"Test of {_headline(summary)}: {tests}."


def _test(gap: Difference) -> str:
    """P value, also adjusted for the compared arms if a verdict depends on it, and degrees of freedom."""
    adjusted = "" if gap.adjusted_p is None or gap.compared == 1 else f", adjusted {_p(gap.adjusted_p)}"
    return f"p {_p(gap.found.p or 0.0)}{adjusted}, {gap.found.freedom:.1f} degrees of freedom"


def _check(summary: Summary, gaps: dict[str, Difference]) -> Iterator[str]:
    found = {arm: gap.randomization_p for arm, gap in gaps.items() if gap.randomization_p is not None}
    if found:
        what = summary.clustered_by
        values = ", ".join(f"{_p(p)} for {arm}" for arm, p in found.items())
        yield (
            f"A check, not a verdict: approximate randomisation over {what} has p {values}. It ignores that other "
            "seeds or searches would score differently, and by itself calls 15 to 40% of identical arms different."
        )


def _detectable(summary: Summary, gaps: dict[str, Difference]) -> Iterator[str]:
    found = {arm: gap.detectable for arm, gap in gaps.items()}
    known = {arm: size for arm, size in found.items() if size is not None}
    if known:
        sizes = ", ".join(f"{arm} {size:.1f}" for arm, size in known.items())
        adjusted = f" (Holm's first step over {len(gaps)} arms)" if len(gaps) > 1 else ""
        yield (
            f"Smallest difference of {_headline(summary)} that would be found with {POWER:.0%} power, by the variation "
            f"measured here{adjusted}: {sizes} points."
        )


def _undecided(summary: Summary, gaps: dict[str, Difference]) -> Iterator[str]:
    """One sentence for each arm whose headline is not called a difference."""
    for arm, gap in gaps.items():
        if not gap.different:
            yield f"{arm} undecided: {_remedy(summary, arm, gap)}."
    if any(gap.more_units and gap.more_units < MOST for gap in gaps.values() if not gap.different):
        yield (
            "To add units because a comparison is undecided, and to test again, is a second look: 5% of false "
            "positives become about 8% (Armitage et al. 1969, doi 10.2307/2343787). A new study of that size keeps 5%."
        )


def _one_of(summary: Summary) -> str:
    """What intervals are over, in the singular."""
    return summary.clustered_by.removesuffix("s")


def _remedy(summary: Summary, arm: str, gap: Difference) -> str:
    pair = summary.arms[arm], summary.arms[str(summary.arms[arm].against)]
    if any(one.searched and one.searches == 1 for one in pair):
        return "it rests on a single search, and no number of seeds decides that; write replicates: {searches: 4}"
    units = unit_names(pair)
    if gap.found.error is None:
        return f"a single {_one_of(summary)} does not show how others would differ; score at least two"
    if gap.found.unit_error is None or min(gap.found.units) < 2:
        return f"how {units} vary is not known; at least 3 {units} of each arm could decide it"
    if gap.found.error == 0.0:
        return f"in every {_one_of(summary)} its mean score equals that of {pair[1].name}"
    size = f"a difference of this size ({signed(gap.estimate)})"
    if gap.more_units is None:
        what = summary.clustered_by
        return f"no number of {units} would decide {size}: the {gap.found.clusters} {what} vary too much"
    if gap.more_units + min(gap.found.units) > MOST:
        return f"it would take more than {MOST} {units} of each arm to decide {size}"
    return f"{gap.more_units} more {_of(units, gap.more_units)} of each arm would decide {size}"


def _pooled(summary: Summary) -> Iterator[str]:
    cells = [gaps[summary.headline] for of_arm in summary.differences.values() for gaps in of_arm.values()]
    if any(gap.pooled is not None for gap in cells):
        yield (
            "pooled: each language's difference, drawn towards their weighted mean by as much as it is noise "
            "(empirical Bayes; errors that languages share are taken to be the same in all). It has less error than "
            "the difference itself and is biased towards the mean: no interval or test is of it."
        )


def _headline(summary: Summary) -> str:
    return "the means" if summary.targets else name_or_code(summary.source_language)


def _of(units: str, count: int) -> str:
    """One search, several searches."""
    return units if count != 1 else units.replace("searches", "search").replace("seeds", "seed")


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below 0.001"
