"""How the development score responds to a searched number, such as the weight of a language or the size of noise.

Full trainings alone count. For each parameter, the trials are put into thirds by its value: the mean objective of each
third has a Student's t interval over its trials. The slope is that of the least squares line over the parameter, or
over its binary logarithm where its range is logarithmic. Trials of a search that learns lie where it expected good
scores, and other parameters vary along: a response describes the trials and proves no cause.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any

from scipy import stats

from xlingual.analyses.trial_table import Axis, TrialTable

CONFIDENCE = 0.95
THIRDS = 3
LEAST = 6
"""Full trainings below which there is no response: two in each third."""


@dataclass(frozen=True, slots=True)
class Third:
    """Trials with neighbouring values.

    Attributes:
        least: smallest value.
        most: largest value.
        trials: their number.
        mean: of the objective, in percent.
        low: end of its 95% interval; None with a single trial.
        high: the other end.
    """

    least: float
    most: float
    trials: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Response:
    """The objective against one parameter of one arm.

    Attributes:
        arm: its name.
        parameter: its name.
        log: whether its range is logarithmic.
        points: value and objective of each full training, by value.
        thirds: the trials in thirds.
        slope: percentage points a unit of the parameter, or a doubling where `log`; None where all values are equal.
        slope_low: end of its 95% interval.
        slope_high: the other end.
    """

    arm: str
    parameter: str
    log: bool
    points: tuple[tuple[float, float], ...]
    thirds: tuple[Third, ...]
    slope: float | None
    slope_low: float | None
    slope_high: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def responses(table: TrialTable, part: str = "") -> tuple[Response, ...]:
    """The responses of an arm to its searched numbers; empty with fewer than `LEAST` full trainings.

    Args:
        table: its trials.
        part: of the parameters' names, such as "mixture."; all if empty.
    """
    axes = [axis for axis in table.axes if not axis.options and part in axis.name]
    found = (_response(table, axis) for axis in axes)
    return tuple(one for one in found if one is not None)


def _response(table: TrialTable, axis: Axis) -> Response | None:
    points = sorted(
        (float(row.values[axis.name]), float(row.objective or 0.0)) for row in table.full if axis.name in row.values
    )
    if len(points) < LEAST:
        return None
    edges = [round(len(points) * third / THIRDS) for third in range(THIRDS + 1)]
    thirds = tuple(_third(points[first:last]) for first, last in pairwise(edges))
    return Response(table.arm, axis.name, axis.log, tuple(points), thirds, *slope_of(points, log=axis.log))


def _third(points: Sequence[tuple[float, float]]) -> Third:
    scores = [score for _, score in points]
    low, high = mean_interval(scores)
    return Third(points[0][0], points[-1][0], len(points), fmean(scores), low, high)


def mean_interval(scores: Sequence[float]) -> tuple[float | None, float | None]:
    """Student's t interval of a mean at 95%; None with a single score."""
    if len(scores) < 2:
        return None, None
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(scores) - 1)) * stdev(scores) / math.sqrt(len(scores))
    return fmean(scores) - reach, fmean(scores) + reach


def slope_of(points: Sequence[tuple[float, float]], *, log: bool) -> tuple[float | None, float | None, float | None]:
    """Slope of the least squares line with its 95% interval; None where all values are equal."""
    places = [math.log2(value) if log else value for value, _ in points]
    if len(set(places)) < 2 or len(points) < 3:
        return None, None, None
    fit = stats.linregress(places, [score for _, score in points])
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(points) - 2)) * float(fit.stderr)
    return float(fit.slope), float(fit.slope) - reach, float(fit.slope) + reach
