"""Test scores against the magnitude of a perturbation, of arms that differ in it alone.

An arm is a point: its x is the magnitude of its noise, or the radius (without one: the step) of its adversarial
perturbation, in root mean squares of the word embeddings' elements. Arms that differ in magnitudes alone are a line.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from xlingual.errors import DataError
from xlingual.languages import name_or_code
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.differences import MEAN, Difference
from xlingual.report.late_arms import MARK
from xlingual.report.notes import warnings
from xlingual.report.summary import Summary
from xlingual.study.methods import Method, PerturbingMethod
from xlingual.study.robust import Robust, methods_of

MAGNITUDES = ("magnitude", "radius", "step_size", "start")
PLACES = {"word_embeddings": "word embeddings", "embeddings": "embeddings", "last_hidden_states": "last hidden states"}


@dataclass(frozen=True, slots=True)
class MagnitudePoint:
    """One arm.

    Attributes:
        arm: its name.
        line: what it shares with other magnitudes of the same perturbation, in words.
        magnitude: in root mean squares.
        scores: the headline metric in percent by panel, one number a unit.
        difference: of the mean over all languages but the source, to the arm it is compared with; None if unknown.
    """

    arm: str
    line: str
    magnitude: float
    scores: dict[str, tuple[float, ...]]
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class MagnitudeCurves:
    """The lines of one study.

    Attributes:
        study: its name.
        panels: headers of the mean and of the source language, with their titles.
        metric: title of the headline metric.
        flags: warnings of the report, arms without a score, and arms chosen after the test set had been read.
        baseline: the baseline's scores by panel.
        points: by line, magnitudes ascending.
    """

    study: str
    panels: dict[str, str]
    metric: str
    flags: tuple[str, ...]
    baseline: dict[str, tuple[float, ...]]
    points: tuple[MagnitudePoint, ...]

    @property
    def lines(self) -> dict[str, list[MagnitudePoint]]:
        """Line -> its points."""
        found: dict[str, list[MagnitudePoint]] = {}
        for point in self.points:
            found.setdefault(point.line, []).append(point)
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain values; differences are given by their bounds."""
        points = [
            {
                "arm": point.arm,
                "line": point.line,
                "magnitude": point.magnitude,
                "scores": {panel: list(scores) for panel, scores in point.scores.items()},
                "difference": point.difference and point.difference.estimate,
                "low": point.difference and point.difference.low,
                "high": point.difference and point.difference.high,
            }
            for point in self.points
        ]
        return {**asdict(self), "points": points}


def magnitude_curves(summary: Summary) -> MagnitudeCurves | None:
    """The lines of one study; None if no arm with a fixed magnitude was scored.

    Raises:
        DataError: when an arm has its magnitude in absolute numbers, or two arms are one point.
    """
    points: dict[tuple[str, float], MagnitudePoint] = {}
    for arm in summary.arms.values():
        robust = (arm.configuration or {}).get("robust")
        placed = None if robust is None or _searched(arm) else _placed(arm.name, Robust.model_validate(robust))
        if placed is None or not arm.seeds:
            continue
        if placed in points:
            both = f"arms {points[placed].arm} and {arm.name} of {summary.study}"
            raise DataError(f"{both} are both {placed[0]} at {placed[1]:g}; draw studies that have one of the two")
        gap = summary.differences.get(arm.name, {}).get(MEAN, {}).get(summary.headline)
        points[placed] = MagnitudePoint(arm.name, *placed, _scores(summary, arm), gap)
    if not points:
        return None
    order = list(dict.fromkeys(line for line, _ in points))
    ranked = sorted(points.values(), key=lambda point: (order.index(point.line), point.magnitude))
    source = name_or_code(summary.source_language)
    missing = [f"not drawn, without any score: {', '.join(summary.unscored)}"] if summary.unscored else []
    after = [f"chosen after the test set had been read {MARK}: {', '.join(summary.late)}"] if summary.late else []
    return MagnitudeCurves(
        summary.study,
        {summary.non_source: f"mean of the {summary.non_source} languages", source: source},
        summary.metrics.headline.title,
        (*warnings(summary), *missing, *after),
        _scores(summary, summary.arms[summary.baseline]),
        tuple(ranked),
    )


def _searched(arm: ArmSummary) -> bool:
    """Whether the arm's perturbation is searched, so that its winners differ in it."""
    return any(name.split(".")[0] == "robust" for name in arm.searched)


def _placed(arm: str, robust: Robust) -> tuple[str, float] | None:
    """The line that an arm belongs to, and its magnitude; None if nothing perturbs."""
    perturbing = methods_of(robust, PerturbingMethod)
    if not perturbing:
        return None
    method, settings = perturbing[0]
    if settings.unit != "rms":
        raise DataError(f"arm {arm} has its magnitude in absolute numbers; draw studies of unit: rms")
    key = next(key for key in MAGNITUDES if getattr(settings, key, None) is not None)
    others = [other.name for other, _ in methods_of(robust, Method) if other is not method]
    return ", ".join([_described(settings, key), *others]), getattr(settings, key)


def _described(settings: Any, key: str) -> str:
    """Say by what settings a perturbation is made but for its magnitude."""
    place = PLACES[settings.place]
    if hasattr(settings, "attack"):
        against = " against the prediction" if settings.against == "prediction" else ""
        norm = settings.norm if settings.over is None else f"{settings.norm} over {settings.over}s"
        return f"{settings.attack}{against}, {settings.steps} steps ({key}, {norm}), {place}"
    if hasattr(settings, "weight"):
        return f"consistency of weight {settings.weight:g}, {settings.distribution} noise, {place}"
    samples = "" if settings.samples == 1 else f", {settings.samples} samples"
    return f"{settings.distribution} noise, {place}{samples}"


def _scores(summary: Summary, arm: ArmSummary) -> dict[str, tuple[float, ...]]:
    source = arm.scores.get(arm.source)
    return {
        summary.non_source: arm.mean(summary.headline),
        name_or_code(arm.source): source.of(summary.headline) if source else (),
    }
