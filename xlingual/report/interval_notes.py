"""What the intervals of a report cover, what is called a difference, and the signature of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from statistics import correlation, fmean
from typing import TYPE_CHECKING

from xlingual.report.arm_summary import ArmSummary, unit_names
from xlingual.report.differences import MEAN, Difference, headline_of
from xlingual.statistics.crossed import PAIRED_FROM
from xlingual.study.test_sets import USUAL

if TYPE_CHECKING:
    from xlingual.report.summary import Summary

LUCK = (
    "It matters: in simulated studies of identical arms, one search each, 18 to 28% of such intervals exclude zero "
    "(docs/verdicts.md)."
)
"""How much another search typically matters."""

_SHORT = {"questions": "q", "pairs": "pairs", "articles": "art", "paragraphs": "par", "groups": "grp"}
"""Words of a task as a signature has them."""


def interval_notes(summary: Summary) -> list[str]:
    """Sentences on the intervals of the differences of the headline."""
    return [
        *_coverage(summary),
        *_pairing(summary),
        _compared(summary),
        *_verdicts(summary),
        *_doubts(summary),
    ]


def signature(summary: Summary, metric: str | None = None) -> str:
    """Return a line that identifies how a table was computed, so that it can be reproduced.

    Scorer, test set unless it is XQuAD, languages but the source, questions (the largest number of a language),
    clusters, scored searches x seeds, objective of the search, test of the headlines and its degrees of freedom,
    comparisons that Holm adjusts, version.

    Args:
        summary: of the study.
        metric: whose differences were tested; None for the headline.
    """
    gaps = _headlines(summary, metric).values()
    freedom = sorted({f"{gap.found.freedom:.1f}" for gap in gaps if gap.found.freedom is not None}, key=float)
    parts = [
        summary.metrics.scorer,
        *([] if summary.test_set == USUAL else [f"set:{summary.test_set}"]),
        f"langs:{len(summary.targets)}",
        f"{_SHORT[summary.words.examples]}:{max(summary.questions.values(), default=0)}",
        f"{_SHORT[summary.clustered_by]}:{summary.clusters}",
        f"searches:{_repeated(summary)}",
        f"sel:{summary.objective.replace(' ', '')}",
        *([f"t df {'-'.join(dict.fromkeys((freedom[0], freedom[-1])))}", f"holm:{len(gaps)}"] if freedom else []),
        f"xlingual {version('xlingual')}",
    ]
    return "|".join(parts)


def _repeated(summary: Summary) -> str:
    """Scored searches x seeds: "4x1", "3-4x1-2"; "1x5" for one search; "4x1,1x4" for arms of both kinds."""
    several = [arm for arm in summary.arms.values() if arm.units and arm.searches > 1]
    single = [arm for arm in summary.arms.values() if arm.units and arm.searches == 1]
    texts = []
    if several:
        seeds = [len(winner.seeds) for arm in several for winner in arm.winners if winner.seeds]
        texts.append(f"{_range(len(arm.units) for arm in several)}x{_range(seeds)}")
    if single:
        texts.append(f"1x{_range(len(arm.units) for arm in single)}")
    return ",".join(texts) or "0"


def _range(counts: Iterable[int]) -> str:
    found = sorted(set(counts))
    return "-".join(map(str, dict.fromkeys((found[0], found[-1]))))


def _coverage(summary: Summary) -> Iterator[str]:
    gaps = list(_gaps(summary))
    share = f"{100 * summary.confidence:g}%"
    what = summary.clustered_by
    if any(gap.low is None for gap in gaps):
        yield f"No intervals: they need at least two {what} in every language."
        return
    interval, those = f"[low, high]: {share} intervals by Student's t;", f"other {what} ({summary.clusters} {what})"
    if all(gap.seed_variation for gap in gaps):
        others = "other searches with other seeds" if _several_searches_of_all(summary) else "other seeds"
        yield f"{interval} they cover {others} and {those}."
    else:
        yield (
            f"{interval} where both of two compared arms have one seed they cover {those} only: another seed may "
            "differ by more."
        )
    alone = [arm for arm, gap in _headlines(summary).items() if gap.seed_variation and min(gap.found.units) == 1]
    if alone:
        yield f"{', '.join(alone)}: compared by a single seed or search in one arm, taken to vary as in the other arm."
    words = summary.words
    if words.clusters == words.groups:
        yield "A group is all pairs that share a sentence, directly or over other pairs."
    elif not summary.by_article and not summary.toy:
        yield (
            "The test set's files do not name all articles, so questions are grouped by paragraph; "
            "paragraphs of one article are alike, and intervals by article would be wider."
        )


def _pairing(summary: Summary) -> Iterator[str]:
    """Correlation of paired seeds, and of searches, which share seeds by number and are not paired."""
    means = {arm: cells[MEAN][summary.headline].found for arm, cells in summary.differences.items() if MEAN in cells}
    paired = {arm: found.correlation for arm, found in means.items() if found.correlation is not None}
    if paired:
        texts = ", ".join(f"{arm} {found:.2f}" for arm, found in paired.items())
        yield f"Arms are paired by seed; correlation of their means over seeds: {texts}."
    shared = {arm: _correlation(*_compared_arms(summary, arm), summary.headline) for arm in means}
    known = {arm: found for arm, found in shared.items() if found is not None}
    if known:
        texts = ", ".join(f"{arm} {found:.2f}" for arm, found in known.items())
        yield (
            f"Searches of the same number share their seeds over arms; correlation of their means: {texts}. They are "
            "not paired: where it is above 0, intervals are wider than they need to be."
        )


def _correlation(arm: ArmSummary, other: ArmSummary, metric: str) -> float | None:
    """Of the means of two arms' searches of the same number; None with fewer than three, or if one arm never varies."""
    common = sorted(set(arm.units) & set(other.units)) if arm.searches > 1 and other.searches > 1 else []
    if len(common) < PAIRED_FROM:
        return None
    pairs = [(arm.mean(metric)[arm.units.index(n)], other.mean(metric)[other.units.index(n)]) for n in common]
    first, second = zip(*pairs, strict=True)
    return None if len(set(first)) < 2 or len(set(second)) < 2 else correlation(first, second)


def _compared(summary: Summary) -> str:
    elsewhere = [
        f"{name} to {summary.arms[name].against}"
        for name in summary.differences
        if summary.arms[name].against != summary.baseline
    ]
    except_for = f" (but {', '.join(elsewhere)})" if elsewhere else ""
    headline = (
        "; the difference of the means is the headline"
        if not summary.headline_title and any(MEAN in cells for cells in summary.differences.values())
        else ""
    )
    return f"Differences are to the baseline arm, {summary.baseline}{except_for}{headline}. Intervals are not adjusted."


def _verdicts(summary: Summary) -> Iterator[str]:
    """What is called a difference, or why nothing is."""
    gaps = _headlines(summary)
    searched = [arm for arm in gaps if any(map(_of_one_search, _compared_arms(summary, arm)))]
    if searched:
        yield (
            f"Not marked as different, whatever the interval: {', '.join(searched)}. A single search chose a "
            f"configuration that is compared; another search could have chosen otherwise, and no interval covers that. "
            f"{LUCK}"
        )
    undecided = [arm for arm, gap in gaps.items() if not gap.found.decides and arm not in searched]
    few = [arm for arm in undecided if min(gaps[arm].found.units) < PAIRED_FROM]
    if few:
        names = unit_names(summary.arms.values())
        yield f"{', '.join(few)}: fewer than {PAIRED_FROM} {names} are too few to call anything a difference."
    if len(searched) + len(undecided) < len(gaps):
        if any(MEAN in cells for cells in summary.differences.values()):
            yield (
                "*: a difference. Means are adjusted for the number of compared arms (Holm, 5%); a language is marked "
                "only behind its arm's mean, adjusted for the number of languages."
            )
        else:
            yield "*: a difference, adjusted for the number of compared arms (Holm, 5%)."


def _doubts(summary: Summary) -> Iterator[str]:
    """Intervals for which the normal approximation is doubtful."""
    if any(gap.found.error == 0 for gap in _gaps(summary)):
        yield "An interval of no width: the scores are identical, or differ by the same amount everywhere."
    if _beyond(summary):
        yield "Some intervals reach beyond what scores from 0 to 100 allow: close to these bounds they are approximate."
    counts = sorted({len(arm.units) for arm in summary.arms.values() if arm.units})
    if len(counts) > 1:
        names = unit_names(summary.arms.values())
        yield f"Arms have {counts[0]} to {counts[-1]} {names}; each arm counts with its own number."
    uneven = [arm.name for arm in summary.arms.values() if arm.uneven]
    if uneven:
        yield f"{', '.join(uneven)}: searches with different numbers of scored seeds; each search counts once."
    if not summary.parallel:
        yield f"Languages hold different {summary.words.examples}; those {_sharing(summary)} vary together."


def _sharing(summary: Summary) -> str:
    return "that share an article's name" if summary.by_article else f"of {summary.clustered_by} of one name"


def _of_one_search(arm: ArmSummary) -> bool:
    """Whether an arm's configuration was chosen by a single search."""
    return bool(arm.searched) and arm.searches == 1


def _several_searches_of_all(summary: Summary) -> bool:
    """Whether every arm that searches anything has several searches, and one does."""
    searches = [arm.searches for arm in summary.arms.values() if arm.units and arm.searched]
    return bool(searches) and min(searches) > 1


def _compared_arms(summary: Summary, arm: str) -> tuple[ArmSummary, ArmSummary]:
    """An arm and the arm it is compared with."""
    return summary.arms[arm], summary.arms[str(summary.arms[arm].against)]


def _beyond(summary: Summary) -> bool:
    for arm, cells in summary.differences.items():
        base = summary.arms[str(summary.arms[arm].against)]
        for language, gaps in cells.items():
            scores = base.mean(summary.headline) if language == MEAN else base.scores[language].of(summary.headline)
            gap, level = gaps[summary.headline], fmean(scores)
            if gap.low is not None and gap.high is not None and not -level <= gap.low <= gap.high <= 100 - level:
                return True
    return False


def _headlines(summary: Summary, metric: str | None = None) -> dict[str, Difference]:
    name = metric or summary.headline
    return {arm: cells[headline_of(cells)][name] for arm, cells in summary.differences.items()}


def _gaps(summary: Summary) -> Iterator[Difference]:
    for cells in summary.differences.values():
        for gaps in cells.values():
            yield gaps[summary.headline]
