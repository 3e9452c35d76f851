"""Figures of scores of pairs of languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from xlingual.analyses.grid_panels import Panel, panels_of
from xlingual.figures.style import new_figure
from xlingual.report.grid import Grid
from xlingual.report.notes import warnings
from xlingual.report.summary import Summary


def language_grids(studies: Sequence[tuple[Summary, Grid]]) -> Figure:
    """A row of coloured grids for each study: the baseline's scores, then the differences of every other arm."""
    rows = [panels_of(*study) for study in studies]
    size = max(len(grid.languages) for _, grid in studies)
    width = max(map(len, rows))
    figure = new_figure((2 + 0.45 * size) * width, (1.6 + 0.4 * size) * len(rows))
    places = figure.subplots(len(rows), width, squeeze=False)
    for row, ((summary, grid), panels) in enumerate(zip(studies, rows, strict=True)):
        for place, panel in zip(places[row], panels, strict=False):
            _draw_panel(figure, place, summary, grid, panel)
        for place in places[row][len(panels) :]:
            place.set_axis_off()
    return figure


def _draw_panel(figure: Figure, place: Any, summary: Summary, grid: Grid, panel: Panel) -> None:
    title, cells, differ = panel
    missing = float("nan")
    values = [
        [cells[key] if (key := grid.key(first, second)) else missing for second in grid.languages]
        for first in grid.languages
    ]
    reach = max((abs(value) for value in cells.values()), default=0.0) or 1.0
    colours = {"cmap": "RdBu", "vmin": -reach, "vmax": reach} if differ else {"cmap": "viridis"}
    image = place.imshow(values, **colours)
    figure.colorbar(image, ax=place, shrink=0.8)
    places = range(len(grid.languages))
    place.set_xticks(places, grid.languages, fontsize="small")
    place.set_yticks(places, grid.languages, fontsize="small")
    place.set_ylabel(f"language of the {summary.roles[0]}", fontsize="small")
    place.set_xlabel(f"language of the {summary.roles[1]}", fontsize="small")
    marks = "".join(f"\n{line.split(':')[0]}" for line in warnings(summary))
    place.set_title(f"{summary.study}, {summary.title}\n{title}{marks}", fontsize="small")
