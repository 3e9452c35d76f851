"""Which arms are better than which: all pairs compared, ranks with ties, and the probability of outperforming."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean
from string import ascii_lowercase
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from xlingual.analyses.study_records import StudyRecords
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.differences import LEVEL, Difference, language_scores
from xlingual.statistics.crossed import PAIRED_FROM, holm, infer

Floats = npt.NDArray[np.float64]
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class ArmPair:
    """Two arms: the first, with the higher mean, minus the second.

    Attributes:
        better: its name.
        other: its name.
        estimate: difference of the means over all languages but the source, in percentage points.
        low: end of its interval, unadjusted; None if unknown.
        high: the other end.
        adjusted_p: by Holm over all pairs; None where the units allow no verdict.
        different: whether that is below 5%.
    """

    better: str
    other: str
    estimate: float
    low: float | None
    high: float | None
    adjusted_p: float | None
    different: bool


@dataclass(frozen=True, slots=True)
class RankedArm:
    """One arm.

    Attributes:
        arm: its name.
        mean: over all languages but the source and over units, in percent.
        rank: 1 plus the number of arms that are better and called different.
        groups: letters; arms that share one are not called different.
    """

    arm: str
    mean: float
    rank: int
    groups: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """The arms of a study by their mean, the best first.

    Attributes:
        metric: name of the headline metric.
        arms: by mean.
        pairs: every pair.
        undecided: arms that no verdict may rest on: fewer than three units, or chosen by one search.
    """

    metric: str
    arms: tuple[RankedArm, ...]
    pairs: tuple[ArmPair, ...]
    undecided: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Outperforming:
    """The probability that a unit of an arm scores higher than one of the arm it is compared with.

    Bouthillier et al. (arXiv 2103.03098): a difference is worth having if the probability is high, not merely if it is
    unlikely to be 0.5. Ties count half. Units are pairs of a seed where the report pairs them; else every unit of one
    arm is compared with every unit of the other (Mann and Whitney 1947).

    Attributes:
        arm: its name.
        against: the arm it is compared with.
        probability: the estimate.
        low: end of the 95% interval by the percentile bootstrap over units, which is too narrow with few units: it is
            [1, 1] where every unit of one arm is above every unit of the other. None with a single unit in an arm.
        high: the other end.
        units: of the arm and of the other one.
        paired: whether units are paired by seed.
    """

    arm: str
    against: str
    probability: float
    low: float | None
    high: float | None
    units: tuple[int, int]
    paired: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def ranking(records: StudyRecords) -> Ranking:
    """Rank all arms with a score in a language other than the source."""
    summary, scores = records.summary, records.scores
    metric, targets = summary.headline, summary.targets
    means = {name: fmean(arm.mean(metric)) for name, arm in summary.arms.items() if arm.scores and targets}
    order = sorted(means, key=lambda name: -means[name])
    lone = {name for name in order if _undecided(summary.arms[name])}
    weights = dict.fromkeys(targets, 1.0 / len(targets)) if targets else {}
    gaps = {}
    for better, other in combinations(order, 2):
        cells = language_scores(scores, better, other, metric)
        seeds = (scores.seeds[better], scores.seeds[other]) if scores.seeds else None
        gaps[better, other] = Difference(infer(cells, {"mean": weights}, seeds=seeds)["mean"], summary.confidence)
    p_values = {
        f"{better}\0{other}": gap.found.p
        for (better, other), gap in gaps.items()
        if gap.found.decides and gap.found.p is not None and not {better, other} & lone
    }
    adjusted = holm(p_values)
    pairs = []
    for (better, other), gap in gaps.items():
        p = adjusted.get(f"{better}\0{other}")
        different = p is not None and p < LEVEL
        pairs.append(ArmPair(better, other, gap.estimate, gap.low, gap.high, p, different))
    apart = {(pair.better, pair.other) for pair in pairs if pair.different}
    letters = tie_groups(order, apart)
    arms = [RankedArm(name, means[name], 1 + sum(other == name for _, other in apart), letters[name]) for name in order]
    return Ranking(metric, tuple(arms), tuple(pairs), tuple(name for name in order if name in lone))


def _undecided(arm: ArmSummary) -> bool:
    return len(arm.units) < PAIRED_FROM or (bool(arm.searched) and arm.searches == 1)


def tie_groups(order: Sequence[str], different: Collection[tuple[str, str]]) -> dict[str, str]:
    """Letters of each name, such that two names share one exactly if they are not different.

    Insert and absorb (Piepho 2004, doi 10.1198/1061860043515): begin with one group of all; split each group that
    holds a different pair into one without either; drop groups that lie within others.
    """
    groups: list[frozenset[str]] = [frozenset(order)]
    for first, second in different:
        split = []
        for group in groups:
            split += [group - {first}, group - {second}] if {first, second} <= group else [group]
        groups = _absorbed(split)
    ranked = sorted(groups, key=lambda group: sorted(order.index(name) for name in group))
    return {name: "".join(_letter(place) for place, group in enumerate(ranked) if name in group) for name in order}


def _absorbed(groups: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    found = list(dict.fromkeys(groups))
    return [group for group in found if not any(group < other for other in found)]


def _letter(place: int) -> str:
    """Letters from a to z, then A1, A2, ..."""
    return ascii_lowercase[place] if place < len(ascii_lowercase) else f"A{place - len(ascii_lowercase) + 1}"


def outperforming(records: StudyRecords) -> tuple[Outperforming, ...]:
    """Compare the mean over all languages but the source of every compared arm, unit by unit."""
    summary = records.summary
    found = []
    for name, cells in summary.differences.items():
        arm, other = summary.arms[name], summary.arms[str(summary.arms[name].against)]
        gap = cells.get("mean", {}).get(summary.headline)
        if gap is None:
            continue
        first, second = arm.mean(summary.headline), other.mean(summary.headline)
        if gap.found.paired:
            first, second = _by_seed(arm.units, first), _by_seed(other.units, second)
        probability, low, high = probability_of_outperforming(first, second, paired=gap.found.paired)
        units = (len(first), len(second))
        found.append(Outperforming(name, other.name, probability, low, high, units, gap.found.paired))
    return tuple(found)


def _by_seed(units: Sequence[int], scores: Sequence[float]) -> tuple[float, ...]:
    by_unit: Mapping[int, float] = dict(zip(units, scores, strict=True))
    return tuple(by_unit[unit] for unit in sorted(by_unit))


def probability_of_outperforming(
    first: Sequence[float], second: Sequence[float], *, paired: bool
) -> tuple[float, float | None, float | None]:
    """The share of pairs in which the first is higher, ties half, and its 95% bootstrap interval over units.

    Args:
        first: scores of an arm, one a unit.
        second: of the other arm.
        paired: whether scores at the same place belong together.
    """

    def share(one: Floats, other: Floats, axis: int = -1) -> Any:
        gaps = one - other if paired else one[..., :, None] - other[..., None, :]
        wins = (gaps > 0) + 0.5 * (gaps == 0)
        return wins.mean(axis=-1 if paired else (-2, -1))

    arms = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    probability = float(share(*arms))
    if min(map(len, arms)) < 2:
        return probability, None, None
    interval = stats.bootstrap(
        arms, share, paired=paired, n_resamples=RESAMPLES, method="percentile", vectorized=True, rng=0
    ).confidence_interval
    return probability, float(interval.low), float(interval.high)
