"""Generalised transfer: scores of every pair of languages, and their differences between arms.

An example's two texts (`Benchmark.roles`) are in two languages. The diagonal of the grid is what a plain table shows,
both texts in one language. Three figures sum a grid up: the mean of the diagonal, the mean of the rest, and the rest
minus the diagonal. In a whole grid every language weighs the same in both means, so that the third figure compares
pairs of languages and not languages. Differences between arms and their intervals are computed as those of a plain
mean (`xlingual.statistics.crossed`): paired over the same questions, with articles and units as random effects.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xlingual.report.differences import LEVEL, Cells, Difference, compared_arms, difference_json, language_scores
from xlingual.report.scores import TestScores, pair_of
from xlingual.statistics.crossed import Inference, LanguageScores, holm, infer
from xlingual.statistics.randomization import article_shares, randomization_p

DIAGONAL, OFF_DIAGONAL, EXCESS = "diagonal", "off_diagonal", "off_diagonal_minus_diagonal"
SUMS = (DIAGONAL, OFF_DIAGONAL, EXCESS)
"""Figures of a whole grid; of a difference, the last is the difference of two differences."""

Means = Mapping[str, Mapping[str, Mapping[str, tuple[float, ...]]]]
"""Arm -> key of a pair, or one of SUMS -> metric -> means in percent, one a unit."""


@dataclass(frozen=True)
class Grid:
    """Scores of pairs of languages; a key is `A-B`, or `A` where both texts are in one language.

    Attributes:
        languages: of the rows and columns, in the order of tables.
        keys: pairs that every replicate was scored on, row by row.
        absent: number of pairs that only some replicates were scored on; they are left out.
        means: of every arm.
        differences: arm -> key, or one of SUMS -> metric -> difference to the arm it is compared with.
    """

    languages: tuple[str, ...]
    keys: tuple[str, ...]
    absent: int
    means: Means
    differences: Cells

    def key(self, first: str, second: str) -> str | None:
        """The key of a cell; None where it was not scored."""
        key = first if first == second else f"{first}-{second}"
        return key if key in self.keys else None

    @property
    def whole(self) -> bool:
        """Whether every pair was scored, so that languages weigh the same in both means."""
        return len(self.keys) == len(self.languages) ** 2

    def as_json(self, roles: tuple[str, str]) -> dict[str, Any]:
        """Plain values; `roles` says what each of a pair's codes is the language of."""
        return {
            "roles": list(roles),
            "languages": list(self.languages),
            "pairs": list(self.keys),
            "pairs_left_out": self.absent,
            "arms": {
                arm: {key: {metric: list(units) for metric, units in cell.items()} for key, cell in cells.items()}
                for arm, cells in self.means.items()
            },
            "differences": {
                arm: {key: difference_json(gaps) for key, gaps in cells.items()}
                for arm, cells in self.differences.items()
            },
        }


def grid_of(
    scores: TestScores,
    baseline: str,
    *,
    against: Mapping[str, str] | None = None,
    searched: Collection[str] = (),
    confidence: float = 0.95,
    absent: int = 0,
) -> Grid | None:
    """Compute a grid from the scores of languages and of pairs; None where no pair was scored.

    Args:
        scores: of all replicates, of pairs too.
        baseline: name of the baseline arm.
        against: by arm, the arm it is compared with instead of the baseline.
        searched: arms whose configuration one search chose: no difference of them is called one.
        confidence: of the intervals.
        absent: number of pairs that are left out.

    Raises:
        RecordError: when an arm has no scores of a pair that another one has.
    """
    pairs = [pair_of(key) for key in scores.questions if "-" in key]
    if not pairs:
        return None
    paired = {code for pair in pairs for code in pair}
    languages = (*(key for key in scores.questions if key in paired), *sorted(paired - {*scores.questions}))
    keys = [key for key in scores.questions if {*pair_of(key)} <= paired]
    keys.sort(key=lambda key: tuple(languages.index(code) for code in pair_of(key)))
    targets = {key: {key: 1.0} for key in keys} | _sums(keys)
    found = {
        arm: _against(scores, arm, other, targets, confidence)
        for arm, other in compared_arms(scores, baseline, against).items()
    }
    for metric in scores.metrics.ranked:
        for name in targets.keys() & {*SUMS}:
            _judge(
                found, name, metric, {arm for arm in found if {arm, (against or {}).get(arm, baseline)} & {*searched}}
            )
    return Grid(languages, tuple(keys), absent, _means(scores, targets), found)


def _sums(keys: Collection[str]) -> dict[str, dict[str, float]]:
    """Weights of the cells in each of SUMS; none without a diagonal."""
    rest = [key for key in keys if "-" in key]
    same = [key for key in keys if "-" not in key]
    off = {OFF_DIAGONAL: dict.fromkeys(rest, 1.0 / len(rest))}
    if not same:
        return off
    diagonal = dict.fromkeys(same, 1.0 / len(same))
    excess = off[OFF_DIAGONAL] | {key: -weight for key, weight in diagonal.items()}
    return {DIAGONAL: diagonal, **off, EXCESS: excess}


def _means(scores: TestScores, targets: Mapping[str, Mapping[str, float]]) -> Means:
    found: dict[str, dict[str, dict[str, tuple[float, ...]]]] = {}
    for arm, cells in scores.scores.items():
        units = {(key, metric): cells[key][metric].mean(axis=1) for key in cells for metric in scores.metrics.ranked}
        found[arm] = {
            name: {
                metric: tuple(map(float, sum(weight * units[key, metric] for key, weight in weights.items())))
                for metric in scores.metrics.ranked
            }
            for name, weights in targets.items()
        }
    return found


def _against(
    scores: TestScores, arm: str, other: str, targets: Mapping[str, Mapping[str, float]], confidence: float
) -> dict[str, dict[str, Difference]]:
    seeds = (scores.seeds[arm], scores.seeds[other]) if scores.seeds else None
    found: dict[str, dict[str, Difference]] = {name: {} for name in targets}
    for metric in scores.metrics.ranked:
        cells = language_scores(scores, arm, other, metric)
        for name, inference in infer(cells, targets, seeds=seeds).items():
            found[name][metric] = _difference(inference, cells, targets[name] if name in SUMS else None, confidence)
    return found


def _difference(
    inference: Inference, cells: Mapping[str, LanguageScores], weights: Mapping[str, float] | None, confidence: float
) -> Difference:
    check = None if weights is None else randomization_p(article_shares(cells, weights))
    return Difference(inference, confidence, randomization_p=check)


def _judge(found: Cells, name: str, metric: str, chosen_by_search: Collection[str]) -> None:
    """Adjust one figure's p values over the arms, and decide what is called a difference."""
    gaps = {arm: cells[name][metric] for arm, cells in found.items()}
    adjusted = holm({arm: gap.found.p for arm, gap in gaps.items() if gap.found.decides and gap.found.p is not None})
    for arm, gap in gaps.items():
        p = adjusted.get(arm)
        different = p is not None and p < LEVEL and arm not in chosen_by_search
        found[arm][name][metric] = replace(gap, adjusted_p=p, different=different, compared=len(found))
