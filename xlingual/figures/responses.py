"""Figures of responses: of the development score to searched numbers, of test scores to magnitudes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from xlingual.analyses.magnitudes import MagnitudeCurves
from xlingual.analyses.responses import Response
from xlingual.errors import DataError
from xlingual.figures.style import COLOURS, GREY, legend_below, looks, new_figure, quiet_grid

ACROSS = 4


def response_panels(responses: Mapping[str, Sequence[Response]], objective: str) -> Figure:
    """A panel a study, arm and parameter: a dot a full training, and the mean of each third with its interval.

    Args:
        responses: by label of the study.
        objective: its name.

    Raises:
        DataError: when there is none.
    """
    drawn = [(label, one) for label, of_study in responses.items() for one in of_study]
    if not drawn:
        raise DataError(
            "no arm searched such a parameter with enough trials that were trained to the end: nothing to draw"
        )
    across = min(ACROSS, len(drawn))
    down = math.ceil(len(drawn) / across)
    figure = new_figure(3.2 * across, 2.7 * down + 0.3)
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    for panel in panels.flat[len(drawn) :]:
        panel.set_axis_off()
    for panel, (label, one) in zip(panels.flat, drawn, strict=False):
        _draw_response(panel, one)
        study = f"{label}: " if len(responses) > 1 else ""
        panel.set_title(f"{study}{one.arm}\n{'.'.join(one.parameter.split('.')[-2:])}", fontsize="small")
    for row in panels:
        row[0].set_ylabel(f"{objective}, percent", fontsize="small")
    return figure


def _draw_response(panel: Axes, one: Response) -> None:
    places, scores = zip(*one.points, strict=True)
    panel.plot(places, scores, linestyle="none", marker="o", markersize=3, color=COLOURS[0], alpha=0.6)
    for third in one.thirds:
        middle = math.sqrt(third.least * third.most) if one.log else (third.least + third.most) / 2
        panel.plot([third.least, third.most], [third.mean] * 2, color=COLOURS[3], linewidth=2)
        if third.low is not None and third.high is not None:
            panel.plot([middle] * 2, [third.low, third.high], color=COLOURS[3], linewidth=1)
    if one.log:
        panel.set_xscale("log")
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.set_xticks(sorted({places[0], places[-1]}), [f"{place:.3g}" for place in sorted({places[0], places[-1]})])
    quiet_grid(panel)


def magnitude_lines(studies: Sequence[MagnitudeCurves]) -> Figure:
    """A row of two panels a study: the mean over all languages but the source, and the source.

    Every dot is a seed or search, lines join their means, and the baseline is a band from its lowest to its highest.

    Raises:
        DataError: when there is none.
    """
    if not studies:
        raise DataError("no arm with a fixed magnitude was scored on the test set: nothing to draw")
    style = looks(line for curves in studies for line in curves.lines)
    figure = new_figure(10, 1.2 + 3.6 * len(studies))
    panels = figure.subplots(len(studies), 2, sharex=True, sharey=True, squeeze=False)
    for row, curves in zip(panels, studies, strict=True):
        for panel, name in zip(row, curves.panels, strict=True):
            _draw_magnitudes(panel, curves, name, style)
        row[0].set_ylabel(f"zero-shot {curves.metric} in percent")
    figure.suptitle("\n".join(dict.fromkeys(flag for curves in studies for flag in curves.flags)), fontsize="medium")
    for panel in panels[-1]:
        panel.set_xlabel("magnitude (rms of the word embeddings)")
    legend_below(figure, panels[0][0], 2)
    return figure


def _draw_magnitudes(panel: Axes, curves: MagnitudeCurves, name: str, style: Mapping[str, Mapping[str, Any]]) -> None:
    baseline = curves.baseline[name]
    if baseline:
        panel.axhspan(min(baseline), max(baseline), color=GREY, alpha=0.25, linewidth=0)
        panel.axhline(fmean(baseline), color=GREY, linewidth=1, label="baseline, no perturbation")
    for line, points in curves.lines.items():
        scored = [point for point in points if point.scores[name]]
        look = style[line]
        means = [fmean(point.scores[name]) for point in scored]
        panel.plot([point.magnitude for point in scored], means, label=line, markersize=5, linewidth=1.5, **look)
        dots = [(point.magnitude, score) for point in scored for score in point.scores[name]]
        if dots:
            panel.plot(*zip(*dots, strict=True), linestyle="none", marker=".", markersize=4, color=look["color"])
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.set_ylim(0, 100)
    quiet_grid(panel)
    panel.set_title(f"{curves.study}: {curves.panels[name]}", fontsize="medium")
