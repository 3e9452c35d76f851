"""Figures of what the searches did: their trials, their best scores, which parameters mattered."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from xlingual.analyses.best_score import BestScores
from xlingual.analyses.importance import ArmImportance
from xlingual.analyses.trial_table import Axis, TrialRow, TrialTable, Value
from xlingual.errors import DataError
from xlingual.figures.style import GREY, legend_below, looks, new_figure, quiet_grid

_COLOURS = colormaps["viridis"]


def parallel_coordinates(table: TrialTable, objective: str, chosen: Collection[tuple[int, int]] = ()) -> Figure:
    """A line a trial over one axis a parameter, coloured by its objective; trials without a full training are grey.

    Args:
        table: the trials of one arm.
        objective: its name, for the colour bar.
        chosen: (search, number) of the winners, drawn thick.

    Raises:
        DataError: when the arm searches nothing.
    """
    if not table.axes:
        raise DataError(f"arm {table.arm} has no searched parameter with an ended trial: there is nothing to draw")
    figure = new_figure(max(4.5, 1.1 * len(table.axes) + 2), 4.2)
    panel = figure.subplots()
    scores = [row.objective for row in table.full if row.objective is not None]
    colours = Normalize(min(scores, default=0.0), max(scores, default=1.0) or 1.0)
    for row in sorted(table.rows, key=lambda row: (row.full, (row.search, row.number) in chosen, row.objective or 0.0)):
        _line(panel, table.axes, row, colours, (row.search, row.number) in chosen)
    for place, axis in enumerate(table.axes):
        _label(panel, place, axis)
    panel.set_xticks(range(len(table.axes)), [_short(axis.name) for axis in table.axes], rotation=30, ha="right")
    panel.set_yticks([])
    panel.set_xlim(-0.4, len(table.axes) - 0.6 + 0.4)
    panel.set_ylim(-0.06, 1.06)
    panel.spines[:].set_visible(False)
    others = len(table.rows) - len(scores)
    grey = f"; grey: {others} not trained to the end" if others else ""
    panel.set_title(
        f"{table.arm}: {len(table.rows)} trials{grey}{'; thick: chosen' if chosen else ''}", fontsize="medium"
    )
    if scores:
        figure.colorbar(ScalarMappable(colours, _COLOURS), ax=panel, label=f"{objective}, percent", shrink=0.85)
    return figure


def _line(panel: Axes, axes: Sequence[Axis], row: TrialRow, colours: Normalize, chosen: bool) -> None:
    heights = [_height(axis, row.values[axis.name]) if axis.name in row.values else math.nan for axis in axes]
    colour = GREY if row.objective is None or not row.full else _COLOURS(colours(row.objective))
    mark = "o" if len(axes) == 1 or chosen else None
    panel.plot(
        range(len(axes)), heights, color=colour, linewidth=2.5 if chosen else 1.0, alpha=1.0 if row.full else 0.4,
        marker=mark, markersize=4,
    )  # fmt: skip


def _height(axis: Axis, value: Value) -> float:
    """Place of a value on its axis, 0 to 1."""
    if isinstance(value, str) or axis.options:
        return axis.options.index(str(value)) / max(1, len(axis.options) - 1)
    low, high = float(axis.low or 0.0), float(axis.high or 0.0)
    if low == high:
        return 0.5
    if axis.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)


def _label(panel: Axes, place: int, axis: Axis) -> None:
    """An axis with its ends, or with the options of a choice."""
    panel.plot([place, place], [0, 1], color="black", linewidth=0.8, zorder=0)
    ends = {option: _height(axis, option) for option in axis.options} or {f"{axis.low:g}": 0.0, f"{axis.high:g}": 1.0}
    for text, height in ends.items():
        panel.annotate(
            text, (place, height), xytext=(3, -9 if height == 0 else 3), textcoords="offset points", fontsize="x-small"
        )


def _short(name: str) -> str:
    """The last two steps of a parameter's path."""
    return ".".join(name.split(".")[-2:])


def best_curves(curves: Sequence[BestScores], objective: str) -> Figure:
    """The best objective against the number of trials: expected where trials are independent, else as searches went.

    A thick line is the expectation, or the mean over searches; thin lines are single searches.

    Raises:
        DataError: when no trial ended.
    """
    if not curves:
        raise DataError("no trial has ended: there is no best score to draw")
    figure = new_figure(6.5, 4.2)
    panel = figure.subplots()
    arms = looks(curve.arm for curve in curves)
    for curve in curves:
        look = arms[curve.arm]
        for search in curve.incumbents.values():
            places = [(n, score) for n, score in enumerate(search, start=1) if score is not None]
            if places and not curve.independent:
                panel.step(*zip(*places, strict=True), where="post", color=look["color"], linewidth=0.7, alpha=0.5)
        middle = curve.expected or _mean(curve)
        style = "default" if curve.independent else "steps-post"
        panel.plot(
            range(1, len(middle) + 1), middle, label=curve.arm, linewidth=2, markersize=4, drawstyle=style, **look
        )
    independent = all(curve.independent for curve in curves)
    panel.set_xlabel("trials" if independent else "trials of a search")
    panel.set_ylabel(f"best {objective}, percent")
    panel.set_title(
        "Expected best of that many independent trials" if independent else "Best so far; thick: mean over searches",
        fontsize="medium",
    )
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    quiet_grid(panel)
    legend_below(figure, panel, 4)
    return figure


def _mean(curve: BestScores) -> list[float]:
    """Mean over the searches after each number of trials that all of them have; not a number before all have one."""
    steps = zip(*curve.incumbents.values(), strict=False)
    return [math.nan if any(one is None for one in step) else fmean(one or 0.0 for one in step) for step in steps]


def importance_bars(arms: Sequence[ArmImportance], most: int = 12) -> Figure:
    """A panel an arm: a bar a parameter, its importance, and a mark at what chance gives.

    Args:
        arms: those with enough trials.
        most: number of parameters to draw of each arm.

    Raises:
        DataError: when there is none.
    """
    if not arms:
        raise DataError("no arm has enough trials that were trained to the end to say which parameters mattered")
    rows = max(min(most, len(arm.parameters)) for arm in arms)
    figure = new_figure(4.6 * len(arms), 1.4 + 0.28 * rows)
    panels: Sequence[Axes] = figure.subplots(1, len(arms), squeeze=False)[0]
    for panel, arm in zip(panels, arms, strict=True):
        _bars(panel, arm, most)
    return figure


def _bars(panel: Axes, arm: ArmImportance, most: int) -> None:
    shown = arm.parameters[:most]
    places: Mapping[str, int] = {one.name: -row for row, one in enumerate(shown)}
    colours = [looks([""])[""]["color"] if one.beyond_chance else "#B0C4D4" for one in shown]
    panel.barh(list(places.values()), [one.importance for one in shown], color=colours, height=0.7)
    chance = [one.chance for one in shown]
    panel.plot(
        chance, list(places.values()), linestyle="none", marker="|", markersize=12, color="black", label="chance"
    )
    panel.set_yticks(list(places.values()), [_short(name) for name in places])
    left = f", {most} of {len(arm.parameters)} shown" if len(arm.parameters) > most else ""
    panel.set_title(f"{arm.arm}: {arm.trials} full trainings{left}", fontsize="medium")
    panel.set_xlabel("importance; |: by chance")
    quiet_grid(panel, "x")
