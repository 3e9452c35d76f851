"""Paired approximate randomisation over articles: a check beside the verdict that ignores seeds and searches.

If two arms did not differ, the labels of their answers to an article could be exchanged. The p value is the share of
all exchanges of whole articles whose difference is as large as the one found (Noreen 1989; Yeh, COLING 2000; Dror et
al., ACL 2018, doi 10.18653/v1/P18-1128). That share is computed, not sampled, so it needs no random numbers: for few
articles every exchange is counted; for more, the distribution of the sum of signed articles is convolved on a grid
(Pagano and Tritchler 1983, doi 10.1080/01621459.1983.10477990); for very many it is normal.

Retraining is not part of it: under other seeds or another search, identical arms differ by more than articles explain.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from xlingual.errors import DataError
from xlingual.statistics.crossed import LanguageScores, grouped

Floats = npt.NDArray[np.float64]

COUNTED = 16
"""Articles up to which all exchanges are counted."""
CONVOLVED = 1_000
"""Articles up to which the distribution is convolved."""
_STEPS = 2**16
"""Steps of the grid from no difference to the largest that signs allow; rounding moves p by less than 0.001."""


def article_shares(scores: Mapping[str, LanguageScores], weights: Mapping[str, float]) -> Floats:
    """Split a difference of two arms over articles.

    Args:
        scores: by language.
        weights: of the languages in the difference.

    Returns:
        Contribution of each article to the difference of the arms' means over units, (articles,); they sum to it.

    Raises:
        DataError: when a language has no scores.
    """
    shares: dict[str, float] = {}
    for language, weight in weights.items():
        if language not in scores:
            raise DataError(f"randomisation needs languages that were scored; {language} was not")
        one = scores[language]
        gaps = np.asarray(one.treatment, dtype=np.float64).mean(axis=0) - np.asarray(one.baseline).mean(axis=0)
        names, places = grouped(tuple(one.clusters))
        sums = np.bincount(places, weights=gaps, minlength=len(names)) * (weight / len(gaps))
        for name, value in zip(names, sums.tolist(), strict=True):
            shares[name] = shares.get(name, 0.0) + value
    return np.fromiter(shares.values(), dtype=np.float64)


def randomization_p(shares: npt.ArrayLike) -> float:
    """Two-sided p value of approximate randomisation, from each article's contribution to the difference.

    Args:
        shares: (articles,), see `article_shares`.
    """
    sizes = np.abs(np.asarray(shares, dtype=np.float64))
    found = abs(float(np.sum(shares)))
    sizes = sizes[sizes > 0.0]
    if found <= 1e-12 * float(sizes.sum()):
        return 1.0
    if len(sizes) <= COUNTED:
        return _counted(sizes, found)
    if len(sizes) <= CONVOLVED:
        return _convolved(sizes, found)
    return float(2.0 * ndtr(-found / math.sqrt(float(sizes @ sizes))))


def _counted(sizes: Floats, found: float) -> float:
    """Share of all 2^n sums of signed sizes that are as large as `found`."""
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return float(np.mean(np.abs(sums) >= found * (1.0 - 1e-9)))


def _convolved(sizes: Floats, found: float) -> float:
    """The same from sizes in whole steps of a grid: one article's sign shifts the distribution up or down."""
    step = float(sizes.sum()) / _STEPS
    shifts = np.rint(sizes / step).astype(int)
    middle = int(shifts.sum())
    mass = np.zeros(2 * middle + 1)
    mass[middle] = 1.0
    for shift, reached in zip(shifts.tolist(), itertools.accumulate(shifts.tolist()), strict=True):
        low, high = middle - reached, middle + reached + 1
        moved = np.zeros(high - low)
        moved[: len(moved) - 2 * shift] += 0.5 * mass[low + shift : high - shift]
        moved[2 * shift :] += 0.5 * mass[low + shift : high - shift]
        mass[low:high] = moved
    first = math.ceil(found / step - 0.5)
    return float(min(1.0, 2.0 * mass[middle + first :].sum())) if first > 0 else 1.0
