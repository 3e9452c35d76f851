"""Interval of one set of scores: how far a mean over questions could be off with other articles.

Questions on one article are alike, so the standard error is the cluster-robust (linearised ratio) one of the mean: C /
(C - 1) times the sum of squared influences of the C articles, the square root of it; with articles of equal size that
is the standard error of the articles' means. Intervals use Student's t with C - 1 degrees of freedom. They do not
cover other training seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from xlingual.errors import DataError
from xlingual.statistics.crossed import grouped

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its standard error, which is None if a language of it has fewer than two clusters.

    Attributes:
        value: the mean.
        error: its standard error.
        clusters: number of articles, or of whatever else groups the questions.
    """

    value: float
    error: float | None
    clusters: int

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """Bounds of the two-sided interval, neither rounded nor clipped; None without a standard error."""
        if self.error is None:
            return None
        reach = self.error * float(stdtrit(self.clusters - 1, (1.0 + confidence) / 2.0))
        return self.value - reach, self.value + reach


def clustered_mean(
    scores: Mapping[str, npt.ArrayLike], clusters: Mapping[str, Sequence[str]], weights: Mapping[str, float]
) -> Estimate:
    """Weighted sum of the languages' means over their questions.

    Args:
        scores: by language, (questions,).
        clusters: by language, the label of each question's cluster; languages that share a label share the cluster.
        weights: of the languages, such as `{"de": 0.5, "th": 0.5}`.

    Raises:
        DataError: when a language has no scores, or scores and labels differ in number.
    """
    value, known = 0.0, True
    influence: dict[str, float] = {}
    for language, weight in weights.items():
        found = np.asarray(scores.get(language, ()), dtype=np.float64)
        labels = tuple(clusters.get(language, ()))
        if not len(found) or found.shape != (len(labels),):
            raise DataError(
                f"{language}: found {len(found)} scores and {len(labels)} clusters; write one for each score"
            )
        mean = float(found.mean())
        value += weight * mean
        names, places = grouped(labels)
        known = known and len(names) > 1  # a single cluster's influence is 0, whatever its scores
        sums = np.bincount(places, weights=found - mean, minlength=len(names)) * (weight / len(found))
        for name, one in zip(names, sums.tolist(), strict=True):
            influence[name] = influence.get(name, 0.0) + one
    count = len(influence)
    error = math.sqrt(count / (count - 1) * math.fsum(v * v for v in influence.values())) if known else None
    return Estimate(value, error, count)
