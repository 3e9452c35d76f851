"""Figures that compare arms, and what predicts their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from xlingual.analyses.arm_ranks import Ranking
from xlingual.analyses.claims import Line
from xlingual.analyses.language_distance import DistanceCorrelation
from xlingual.analyses.selection_signal import Signal
from xlingual.errors import DataError
from xlingual.figures.style import COLOURS, GREY, legend_below, looks, new_figure, quiet_grid


def arm_pairs(rankings: Mapping[str, Ranking]) -> Figure:
    """A panel a study: the difference of every pair of arms with its interval; a filled dot is called a difference.

    Raises:
        DataError: when no study has two scored arms.
    """
    if not any(one.pairs for one in rankings.values()):
        raise DataError("no two arms were scored: there is no pair to draw")
    rows = max(len(one.pairs) for one in rankings.values())
    figure = new_figure(5.5 * len(rankings), 1.3 + 0.3 * rows)
    panels = figure.subplots(1, len(rankings), squeeze=False)[0]
    for panel, (label, one) in zip(panels, rankings.items(), strict=True):
        for row, pair in enumerate(one.pairs):
            low, high = (pair.estimate if end is None else end for end in (pair.low, pair.high))
            panel.errorbar(
                [pair.estimate], [-row], xerr=[[pair.estimate - low], [high - pair.estimate]], fmt="o", markersize=5,
                color=COLOURS[0], markerfacecolor=COLOURS[0] if pair.different else "white",
            )  # fmt: skip
        panel.set_yticks([-row for row in range(len(one.pairs))], [f"{p.better} - {p.other}" for p in one.pairs])
        panel.axvline(0, color=GREY, linewidth=1)
        panel.set_xlabel("percentage points; filled: called a difference")
        panel.set_title(label, fontsize="medium")
        quiet_grid(panel, "x")
    return figure


def signal_scatters(studies: Mapping[str, Sequence[Signal]], metric: str) -> Figure:
    """A row a study, a panel a development score: each replicate's score against its test score, a colour an arm.

    Args:
        studies: signals to draw, by label.
        metric: title of the test's metric.

    Raises:
        DataError: when there is none.
    """
    if not any(studies.values()):
        raise DataError("no replicate has both a development and a test score: nothing to draw")
    across = max(map(len, studies.values()))
    figure = new_figure(3.6 * across, 0.8 + 3.2 * len(studies))
    rows = figure.subplots(len(studies), across, squeeze=False)
    arms = looks(point.arm for signals in studies.values() for one in signals for point in one.points)
    for panels, (label, signals) in zip(rows, studies.items(), strict=True):
        for panel in panels[len(signals) :]:
            panel.set_axis_off()
        for panel, one in zip(panels, signals, strict=False):
            for arm, look in arms.items():
                mine = [(point.development, point.test) for point in one.points if point.arm == arm]
                if mine:
                    panel.plot(*zip(*mine, strict=True), linestyle="none", markersize=5, label=arm, **look)
            rho = "unknown" if one.overall.rho is None else f"{one.overall.rho:.2f}"
            panel.set_title(f"{label}: rank correlation {rho}", fontsize="small")
            panel.set_xlabel(f"{one.development}, percent", fontsize="small")
            panel.set_ylabel(f"test {metric}, {one.test}, percent", fontsize="small")
            quiet_grid(panel)
    legend_below(figure, rows[0][0], 4)
    return figure


def distance_scatters(correlations: Sequence[DistanceCorrelation], title: str) -> Figure:
    """A panel a likeness to English: a dot an arm and language.

    Raises:
        DataError: when there is none.
    """
    if not correlations:
        raise DataError("no arm was scored in a language whose facts are shipped: nothing to draw")
    kinds = list(dict.fromkeys(one.likeness for one in correlations))
    arms = looks(one.arm for one in correlations)
    figure = new_figure(3.2 * len(kinds), 3.8)
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for panel, kind in zip(panels, kinds, strict=True):
        for one in (one for one in correlations if one.likeness == kind):
            places, values = [point[1] for point in one.points], [point[2] for point in one.points]
            panel.plot(places, values, linestyle="none", markersize=5, label=one.arm, **arms[one.arm])
        first = next(one for one in correlations if one.likeness == kind)
        for language, place, value in first.points:
            panel.annotate(
                language, (place, value), xytext=(3, 3), textcoords="offset points", fontsize="x-small", color=GREY
            )
        panel.set_xlabel(f"{kind}: likeness to English")
        quiet_grid(panel)
    panels[0].set_ylabel(title)
    legend_below(figure, panels[0], 4)
    return figure


def claim_lines(lines: Sequence[Line]) -> Figure:
    """A row a comparison: the measured difference with its interval, and a bar at the claimed gain.

    Raises:
        DataError: when nothing was measured.
    """
    measured = [line for line in lines if line.gap is not None]
    if not measured:
        raise DataError("no comparison of a claim was scored yet: nothing to draw")
    figure = new_figure(8, 1.3 + 0.4 * len(measured))
    panel = figure.subplots()
    for row, line in enumerate(measured):
        gap = line.gap
        assert gap is not None
        low, high = (gap.estimate if end is None else end for end in (gap.low, gap.high))
        panel.errorbar(
            [gap.estimate], [-row], xerr=[[gap.estimate - low], [high - gap.estimate]], fmt="o", color=COLOURS[0]
        )
        if line.claim.gain is not None:
            panel.plot([line.claim.gain], [-row], marker="|", markersize=16, color=COLOURS[3])
    panel.set_yticks(
        [-row for row in range(len(measured))], [f"{line.claim.name}\n{line.arm} - {line.against}" for line in measured]
    )
    panel.axvline(0, color=GREY, linewidth=1)
    panel.set_xlabel("percentage points; red bar: claimed")
    quiet_grid(panel, "x")
    return figure
