"""Power: how probable a verdict is at a true difference, and which difference can be found, before or after a study.

The test is that of `xlingual.statistics.crossed`: the difference over its standard error, by Student's t with
Satterthwaite's degrees of freedom, both from estimated variances. Power is not read off one noncentral t distribution
with the true degrees of freedom: with three to five units these are themselves estimated, and a verdict is up to ten
points rarer than such a calculation says. Instead the probability of a verdict given the estimated variances, a normal
probability, is averaged over their chi-square distributions by Gauss-Legendre quadrature. Under normal errors that is
exact to the quadrature, and it is the noncentral t distribution where there is one variance. Nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, ndtr, ndtri, roots_legendre, stdtrit

from xlingual.errors import DataError
from xlingual.statistics.crossed import Inference

Floats = npt.NDArray[np.float64]

POWER = 0.8
"""The usual probability with which a difference of interest should be found."""

_FEW, _NODES, _NODES_OF_MANY = 12, 28, 12
"""Nodes of the quadrature over a variance of at most 12 degrees of freedom, and over one of more.

Twice as many change the power by less than 0.001 with three units or more, by 0.003 with two.
"""
_QUANTILES = 4_001
"""Number of Student's t quantiles to interpolate between."""
_LEFT_OUT = 1e-7
"""Probability of each tail that the quadrature ignores."""
_SURE = 200
"""Degrees of freedom from which an estimated variance is taken as the true one."""
_MOST_UNITS = 10_000


@dataclass(frozen=True, slots=True)
class Units:
    """One arm's units: searches (their winners' scores, each a mean over its seeds), or seeds of one configuration.

    sd: standard deviation of their scores, in points of the metric; count: how many there are.
    """

    sd: float
    count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What determines how precisely a difference of two arms is known.

    Attributes:
        treatment: its units.
        baseline: the units of what it is compared with.
        article_error: standard error of the difference due to articles, at any number of units.
        clusters: number of articles.
        correlation: of units paired by seed; None where they are independent, as searches are.
    """

    treatment: Units
    baseline: Units
    article_error: float
    clusters: int
    correlation: float | None = None

    @property
    def parts(self) -> tuple[tuple[float, int], ...]:
        """Variances that sum to that of the difference, each with its degrees of freedom.

        Raises:
            DataError: with fewer than two units in an arm, or fewer than two articles.
        """
        first, second = self.treatment, self.baseline
        if min(first.count, second.count) < 2 or self.clusters < 2:
            raise DataError(
                "power needs two units in each arm and two articles, found "
                f"{first.count} and {second.count} units and {self.clusters} articles"
            )
        articles = (self.article_error**2, self.clusters - 1)
        if self.correlation is None:
            return *((arm.sd**2 / arm.count, arm.count - 1) for arm in (first, second)), articles
        paired = first.sd**2 + second.sd**2 - 2.0 * self.correlation * first.sd * second.sd
        return (paired / first.count, first.count - 1), articles

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(sum(variance for variance, _ in self.parts))

    def with_more(self, units: int) -> Comparison:
        """The same with this many more units in each arm."""
        first, second = (replace(arm, count=arm.count + units) for arm in (self.treatment, self.baseline))
        return replace(self, treatment=first, baseline=second)


def comparison_of(found: Inference) -> Comparison | None:
    """The comparison that a study measured; None with fewer than two units in an arm, or fewer than two articles.

    The noise of single answers is in both of its errors, as it is in its interval, and is assumed to remain.
    """
    if found.deviations is None or found.article_error is None or min(found.units) < 2:
        return None
    first, second = (Units(sd, count) for sd, count in zip(found.deviations, found.units, strict=True))
    return Comparison(first, second, found.article_error, found.clusters, found.correlation)


def power(effect: float, comparison: Comparison, *, level: float = 0.05) -> float:
    """Probability that a true difference is called one, in either direction.

    Args:
        effect: the true difference, in points.
        comparison: of the two arms.
        level: of the two-sided test; 0.05 / K for the first step of Holm's procedure over K comparisons, the hardest.
    """
    return _power(abs(effect), comparison.error, *_thresholds(comparison.parts, level))


def detectable(comparison: Comparison, *, probability: float = POWER, level: float = 0.05) -> float:
    """Smallest true difference, in points, that is called one with this probability; see `power`."""
    error = comparison.error
    if error == 0.0:
        return 0.0
    thresholds, weights = _thresholds(comparison.parts, level)
    low, high = 0.0, error
    while _power(high, error, thresholds, weights) < probability:
        low, high = high, 2.0 * high
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _power(middle, error, thresholds, weights) < probability else (low, middle)
    return high


def more_units(effect: float, comparison: Comparison, *, probability: float = POWER, level: float = 0.05) -> int | None:
    """How many more units in each arm would find a true difference with this probability.

    Returns:
        0 if the present ones do; None if no number does (to be exact: not 10,000), because the articles vary too much.
    """

    def found(more: int) -> bool:
        return power(effect, comparison.with_more(more), level=level) >= probability

    if found(0):
        return 0
    low, high = 0, 1
    while not found(high):
        if high >= _MOST_UNITS:
            return None
        low, high = high, min(2 * high, _MOST_UNITS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def _power(effect: float, error: float, thresholds: Floats, weights: Floats) -> float:
    """Expected probability that a normal estimate lies beyond one of the thresholds, on either side."""
    if error == 0.0:
        return float(effect > 0.0)
    beyond = ndtr((effect - thresholds) / error) + ndtr((-effect - thresholds) / error)
    return float(min(1.0, weights @ beyond))


def _thresholds(parts: Sequence[tuple[float, int]], level: float) -> tuple[Floats, Floats]:
    """Size that an estimate must exceed at every node of the quadrature over variances, and the nodes' weights.

    Returns:
        thresholds and weights, each (nodes,); weights sum to one.
    """
    present = [(variance, freedom) for variance, freedom in parts if variance > 0.0]
    if not present:
        return np.zeros(1), np.ones(1)
    nodes = [_chi_square(freedom) for _, freedom in present]
    grid = np.meshgrid(*(ratios for ratios, _ in nodes), indexing="ij")
    estimated = [variance * ratios.ravel() for (variance, _), ratios in zip(present, grid, strict=True)]
    total = np.sum(estimated, axis=0)
    squares = np.sum([one**2 / freedom for one, (_, freedom) in zip(estimated, present, strict=True)], axis=0)
    weights = reduce(np.multiply.outer, [mass for _, mass in nodes]).ravel()
    inverse, quantiles = _quantiles(level)
    return np.sqrt(total) * np.exp(np.interp(squares / total**2, inverse, quantiles)), weights


@cache
def _quantiles(level: float) -> tuple[Floats, Floats]:
    """Logarithms of Student's t quantiles of a two-sided test, over the inverse of the degrees of freedom, 0 to 1."""
    inverse = np.linspace(0.0, 1.0, _QUANTILES)
    probability = 1.0 - level / 2.0
    return inverse, np.log(np.append(ndtri(probability), stdtrit(1.0 / inverse[1:], probability)))


@cache
def _chi_square(freedom: int) -> tuple[Floats, Floats]:
    """Nodes and weights of a chi-square variable over its degrees of freedom: what an estimated variance is to a true.

    The rule is Gauss and Legendre's over the square root, in which the integrand is smooth.
    """
    if freedom > _SURE:
        return np.ones(1), np.ones(1)
    places, widths = roots_legendre(_NODES if freedom <= _FEW else _NODES_OF_MANY)
    low, high = np.sqrt(chdtri(freedom, [1.0 - _LEFT_OUT, _LEFT_OUT]))
    roots = low + (high - low) * (places + 1.0) / 2.0
    weights = widths * np.exp((freedom - 1) * np.log(roots / high) - (roots**2 - high**2) / 2.0)
    return roots**2 / freedom, weights / weights.sum()
