"""Partial pooling of differences over languages: each is drawn towards their mean by as much as it is noise.

The model is random-effects meta-analysis with known standard errors (DerSimonian and Laird 1986, doi
10.1016/0197-2456(86)90046-2), whose estimates of the single effects are empirical Bayes ones (Efron and Morris 1975,
doi 10.1080/01621459.1975.10479864): true differences are normal around a mean with the variance tau^2, estimated by
Paule and Mandel's equation (1982, doi 10.6028/jres.087.022).

Errors of languages are not independent: they come from the same units and the same articles. The error of
every language is assumed to be a part that all share and a part of its own; the variance of the shared part gives the
mean of the languages its known standard error. The shared part moves all languages alike, so it makes no difference
between them; only their own parts are shrunk. It remains in every pooled value, as in the mean.

Pooled values have less mean squared error than single ones and are biased towards the mean: no test rests on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST = 4
"""Languages from which on pooling towards an estimated mean has less risk than none (Efron and Morris 1975)."""

_MOST_SHARED = 0.95
"""Share of the smallest error variance of a language: some of every language's error is assumed to be its own."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Partially pooled differences.

    Attributes:
        estimates: by name, in the unit of the differences.
        mean: that they are drawn towards: weighted by precision, so it is not the plain mean.
        spread: tau, the standard deviation of the true differences; 0 draws all languages to the mean.
        shared: standard deviation of the error that all languages share.
    """

    estimates: dict[str, float]
    mean: float
    spread: float
    shared: float


def pool(estimates: Mapping[str, float], errors: Mapping[str, float], mean_error: float) -> Pooled | None:
    """Pool differences partially.

    Args:
        estimates: of each language.
        errors: their standard errors, of the same languages.
        mean_error: standard error of the plain mean of all of them.

    Returns:
        None with fewer than four languages, or where a language has no error at all (its scores are identical, or
        differ by the same amount everywhere), because the noise is then unknown.
    """
    if len(estimates) < FEWEST or min(errors.values()) <= 0.0:
        return None
    values = np.array([estimates[name] for name in estimates])
    variances = np.array([errors[name] ** 2 for name in estimates])
    shared = _shared(variances, mean_error**2)
    own = variances - shared
    between = _between(values, own)
    weights = 1.0 / (own + between)
    mean = float(weights @ values / weights.sum())
    drawn = mean + between / (own + between) * (values - mean)
    return Pooled(dict(zip(estimates, drawn.tolist(), strict=True)), mean, math.sqrt(between), math.sqrt(shared))


def _shared(variances: Floats, of_mean: float) -> float:
    """Mean covariance of two languages' errors, from the variance of the mean of all; 0 where it is negative."""
    count = len(variances)
    covariance = (count**2 * of_mean - float(variances.sum())) / (count * (count - 1))
    return min(max(covariance, 0.0), _MOST_SHARED * float(variances.min()))


def _between(values: Floats, own: Floats) -> float:
    """Variance of the true differences, by which their weighted squares around the mean are as large as expected."""

    def excess(between: float) -> float:
        weights = 1.0 / (own + between)
        mean = weights @ values / weights.sum()
        return float(weights @ (values - mean) ** 2) - (len(values) - 1)

    if excess(0.0) <= 0.0:
        return 0.0
    low, high = 0.0, float(values.var(ddof=1)) or 1.0
    while excess(high) > 0.0:
        low, high = high, 2.0 * high
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return high
