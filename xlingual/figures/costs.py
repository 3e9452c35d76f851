"""Figures of scores against what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xlingual.analyses.cost_curves import CostPoint
from xlingual.errors import DataError
from xlingual.figures.style import legend_below, looks, new_figure, quiet_grid

AXES = {"updates": "updates so far", "passes": "passes so far", "hours": "device hours so far"}


def cost_panels(studies: Mapping[str, Sequence[CostPoint]], objectives: Mapping[str, str]) -> Figure:
    """A row a study, over updates, passes and device hours: a line an arm, its replicates' range as a band.

    Args:
        studies: by label.
        objectives: the objective of each.

    Raises:
        DataError: when no replicate has reported.
    """
    if not any(studies.values()):
        raise DataError("no replicate has reported yet: nothing to draw")
    figure = new_figure(12, 0.9 + 3.4 * len(studies))
    rows = figure.subplots(len(studies), len(AXES), sharey="row", squeeze=False)
    arms = looks(point.arm for points in studies.values() for point in points)
    for panels, (label, points) in zip(rows, studies.items(), strict=True):
        for panel, (name, title) in zip(panels, AXES.items(), strict=True):
            for arm, look in arms.items():
                _draw(panel, [point for point in points if point.arm == arm], name, arm, look)
            panel.set_xlabel(title)
            panel.set_xlim(left=0)
            quiet_grid(panel)
        panels[0].set_ylabel(f"{objectives[label]}, percent")
        panels[0].set_title(label, fontsize="medium")
    legend_below(figure, rows[0][0], 4)
    return figure


def _draw(panel: Axes, points: Sequence[CostPoint], name: str, arm: str, look: Mapping[str, str]) -> None:
    known = [point for point in points if getattr(point, name) is not None]
    if not known:
        return
    places = [getattr(point, name) for point in known]
    panel.plot(
        places, [point.mean for point in known], label=arm, markersize=4, color=look["color"], marker=look["marker"]
    )
    lows, highs = ([end(point.scores) for point in known] for end in (min, max))
    panel.fill_between(places, lows, highs, color=look["color"], alpha=0.15, linewidth=0)
