"""Figures of scores by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xlingual.analyses.per_language import LanguagePoint, language_points
from xlingual.errors import DataError
from xlingual.figures.style import GREY, legend_below, looks, new_figure, quiet_grid
from xlingual.report.late_arms import marked
from xlingual.report.notes import warnings
from xlingual.report.summary import Summary


def language_differences(summaries: Mapping[str, Summary], metric: str | None = None) -> Figure:
    """Dots with intervals: a panel a study, a row a language, a colour an arm; a filled dot is called a difference.

    Args:
        summaries: by label.
        metric: name of a metric; each study's headline metric if none is named.

    Raises:
        DataError: when no study has a difference to draw.
    """
    points = language_points(summaries, metric)
    if not points:
        raise DataError("no difference to draw: no arm was scored beside the arm that it is compared with")
    studies = list(dict.fromkeys(point.study for point in points))
    rows = {language: -row for row, language in enumerate(dict.fromkeys(point.language for point in points))}
    arms = looks(point.arm for point in points)
    figure = new_figure(1.5 + 4 * len(studies), 1.8 + (0.12 + 0.1 * len(arms)) * len(rows))
    panels = figure.subplots(1, len(studies), sharey=True, squeeze=False)[0]
    for panel, study in zip(panels, studies, strict=True):
        _draw(panel, [point for point in points if point.study == study], rows, arms)
        panel.set_title(caption(study, summaries[study], metric), fontsize="medium")
    panels[0].set_yticks(list(rows.values()), list(rows))
    legend_below(figure, panels[0])
    return figure


def caption(label: str, summary: Summary, metric: str | None = None) -> str:
    """Title of a panel: what is drawn, the first words of the report's warnings, what is missing."""
    title = summary.metrics[metric or summary.headline].title
    return "\n".join(
        [
            label,
            f"{title} minus {marked(summary.baseline, summary.late)} [{100 * summary.confidence:g}% interval]",
            *(line.split(":")[0] for line in warnings(summary)),
            *([f"not scored: {', '.join(summary.unscored)}"] if summary.unscored else []),
        ]
    )


def _draw(
    panel: Axes, points: Sequence[LanguagePoint], rows: Mapping[str, int], arms: Mapping[str, Mapping[str, str]]
) -> None:
    for place, (arm, look) in enumerate(arms.items()):
        shift = 0.7 * ((len(arms) - 1) / 2 - place) / len(arms)
        for point in (point for point in points if point.arm == arm):
            low, high = (point.estimate if end is None else end for end in (point.low, point.high))
            panel.errorbar(
                [point.estimate],
                [rows[point.language] + shift],
                xerr=[[point.estimate - low], [high - point.estimate]],
                fmt=look["marker"],
                color=look["color"],
                markersize=4.5,
                markerfacecolor=look["color"] if point.different else "white",
                linewidth=1,
                label=arm,
            )
    panel.axvline(0, color=GREY, linewidth=1)
    quiet_grid(panel, "x")
    panel.set_xlabel("percentage points; filled: called a difference")
