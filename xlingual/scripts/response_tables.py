"""Tables of responses: to searched numbers, and to fixed magnitudes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from xlingual.analyses.importance import ArmImportance, ParameterImportance, importance_of
from xlingual.analyses.magnitudes import MagnitudeCurves, MagnitudePoint, magnitude_curves
from xlingual.analyses.responses import Response, Third, responses
from xlingual.analyses.trial_table import trial_tables
from xlingual.errors import DataError
from xlingual.figures.responses import magnitude_lines, response_panels
from xlingual.report.number_format import NOTHING, difference_cell
from xlingual.report.wide_table import WideTable
from xlingual.scripts.command import Findings, Studies
from xlingual.scripts.tables import flags_of, interval, number, shown_of, table_of

NOTE = (
    "Trials of a search that learns lie where it expected good scores, and other parameters vary along: a response "
    "describes the trials and proves no cause."
)
IMPORTANCE_NOTE = (
    "Importance is PED-ANOVA's (arXiv 2304.10255): how far the best trials' values are from all trials'. In "
    "parentheses is the largest of 19 shufflings of the objectives, which chance alone exceeds once in twenty: below "
    "it a parameter cannot be told from chance."
)


def response_findings(studies: Studies, part: str, what: str) -> Findings:
    """Responses to the searched numbers whose names begin with `part`.

    Raises:
        DataError: when no study has one.
    """
    tables = {label: trial_tables(one.state) for label, one in studies.items()}
    found = {label: [one for table in of for one in responses(table, part)] for label, of in tables.items()}
    if not any(found.values()):
        raise DataError(
            f"{', '.join(studies)}: no arm searched {what} with six or more full trainings; name a study that did"
        )
    drawn = shown_of(studies, found)
    weighed = {
        (label, table.arm): importance_of(table) for label, of in shown_of(studies, tables).items() for table in of
    }
    objectives = dict.fromkeys(one.summary.objective for one in studies.values())
    return Findings(
        [_table(studies, drawn, weighed, what)],
        [NOTE, IMPORTANCE_NOTE],
        _rows(found),
        lambda: response_panels(drawn, " or ".join(objectives)),
    )


def _table(
    studies: Studies,
    found: Mapping[str, Sequence[Response]],
    weighed: Mapping[tuple[str, str], ArmImportance | None],
    what: str,
) -> WideTable:
    rows = [(label, one) for label, of_study in found.items() for one in of_study]
    objectives = dict.fromkeys(one.summary.objective for one in studies.values())
    importance = {
        (label, arm, one.name): one
        for (label, arm), found_ in weighed.items()
        if found_ is not None
        for one in found_.parameters
    }
    return table_of(
        f"{' or '.join(objectives)} in percent against {what}: mean of each third of the trials [95% interval]",
        flags_of(studies),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("parameter", lambda row: row[1].parameter),
        ("trials", lambda row: str(len(row[1].points))),
        ("lowest third", lambda row: _third(row[1].thirds[0])),
        ("middle third", lambda row: _third(row[1].thirds[1])),
        ("highest third", lambda row: _third(row[1].thirds[2])),
        ("slope", lambda row: _slope(row[1])),
        ("importance", lambda row: _importance(importance.get((row[0], row[1].arm, row[1].parameter)))),
        left=("arm", "parameter"),
    )


def _third(third: Third) -> str:
    return f"{third.least:.2g} to {third.most:.2g}: {interval(third.mean, third.low, third.high, sign=False)}"


def _slope(one: Response) -> str:
    """Points a doubling of a logarithmic number, else a tenth of the parameter's unit."""
    if one.slope is None or one.slope_low is None or one.slope_high is None:
        return NOTHING
    scale, unit = (1.0, "a doubling") if one.log else (0.1, "0.1")
    return f"{interval(scale * one.slope, scale * one.slope_low, scale * one.slope_high)} per {unit}".replace(
        "per a", "a"
    )


def _importance(one: ParameterImportance | None) -> str:
    return NOTHING if one is None else f"{one.importance:.2g} ({one.chance:.2g})"


def _rows(found: Mapping[str, Sequence[Response]]) -> list[dict[str, Any]]:
    return [
        {"study": label, "arm": one.arm, "parameter": one.parameter, "value": value, "objective": objective}
        for label, of_study in found.items()
        for one in of_study
        for value, objective in one.points
    ]


def magnitude_findings(studies: Studies) -> Findings:
    """Test scores against fixed magnitudes, and development scores against searched ones.

    Raises:
        DataError: when no study has either.
    """
    fixed = [curves for one in studies.values() if (curves := magnitude_curves(one.summary)) is not None]
    searched = {
        label: [one for table in trial_tables(study.state) for one in responses(table, "robust.")]
        for label, study in studies.items()
    }
    if not fixed and not any(searched.values()):
        raise DataError(
            f"{', '.join(studies)}: no arm that perturbs the model by a fixed magnitude was scored on the test "
            "set, and none searched its magnitude in six or more full trainings; name a study that has one of them"
        )
    tables = [_magnitude_table(curves) for curves in fixed]
    rows: list[Mapping[str, Any]] = [row for curves in fixed for row in _magnitude_rows(curves)]
    if not any(searched.values()):
        return Findings(tables, [], rows, lambda: magnitude_lines(fixed))
    more = response_findings(studies, "robust.", "the perturbation")
    if not fixed:
        return more
    return Findings([*tables, *more.tables], more.notes, rows, lambda: magnitude_lines(fixed))


def _magnitude_table(curves: MagnitudeCurves) -> WideTable:
    rows: list[tuple[str, MagnitudePoint | None]] = [("baseline", None)]
    for line, points in curves.lines.items():
        rows += [("" if place else line, point) for place, point in enumerate(points)]

    def scores(point: MagnitudePoint | None, panel: str) -> tuple[float, ...]:
        return curves.baseline[panel] if point is None else point.scores[panel]

    return table_of(
        f"{curves.study}: zero-shot {curves.metric} in percent, mean [lowest, highest]; magnitudes in rms",
        curves.flags,
        rows,
        ("perturbation", lambda row: row[0]),
        ("rms", lambda row: "" if row[1] is None else f"{row[1].magnitude:g}"),
        *((panel, lambda row, panel=panel: _spread(scores(row[1], panel))) for panel in curves.panels),
        ("difference of means", lambda row: "" if row[1] is None else difference_cell(row[1].difference)),
        ("count", lambda row: str(max(len(scores(row[1], panel)) for panel in curves.panels))),
    )


def _spread(scores: Sequence[float]) -> str:
    return f"{number(fmean(scores))} [{number(min(scores))}, {number(max(scores))}]" if scores else NOTHING


def _magnitude_rows(curves: MagnitudeCurves) -> list[dict[str, Any]]:
    """A row an arm, panel and unit."""
    points: list[tuple[str, str, float | None, Mapping[str, tuple[float, ...]]]] = [
        ("baseline", "", None, curves.baseline),
        *((point.arm, point.line, point.magnitude, point.scores) for point in curves.points),
    ]
    return [
        {"study": curves.study, "arm": arm, "line": line, "rms": rms, "languages": panel, "unit": unit, "score": score}
        for arm, line, rms, by_panel in points
        for panel, scores in by_panel.items()
        for unit, score in enumerate(scores, start=1)
    ]
