"""Zero-shot scores against the magnitude of the perturbation, from the records of finished studies.

    python analysis/score_by_magnitude.py STUDY_DIR [STUDY_DIR ...] [--figure OUT.svg]

An arm is a point: its x is the magnitude of its noise, or the radius (without one: the step) of its adversarial
perturbation, in root mean squares of the word embeddings' elements. Arms that differ in magnitudes alone are one line.
Prints a table, and draws a row of two panels a study: the mean over all languages but the source, and the source.
Every dot is a seed or search, lines join their means, and the baseline is a band from its lowest to its highest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xlingual.errors import DataError, XlingualError
from xlingual.languages import name_or_code
from xlingual.records.attached import study_argument
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.notes import warnings
from xlingual.report.summary import Summary, summarize
from xlingual.study.methods import Method, PerturbingMethod
from xlingual.study.robust import Robust, methods_of

MAGNITUDES = ("magnitude", "radius", "step_size", "start")
PLACES = {"word_embeddings": "word embeddings", "embeddings": "embeddings", "last_hidden_states": "last hidden states"}
MARKERS = "osD^v*Px"


@dataclass(frozen=True, slots=True)
class Point:
    """One arm: its line, its magnitude, and the headline metric in percent by panel, one number a seed or search."""

    arm: str
    line: str
    magnitude: float
    scores: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Curves:
    """The drawing of one study: points by line and magnitude, and the baseline's scores by panel.

    panels: headers of its two panels and their titles: the mean, and the source language. metric: its title.
    """

    study: str
    panels: dict[str, str]
    metric: str
    flags: tuple[str, ...]
    baseline: dict[str, tuple[float, ...]]
    points: tuple[Point, ...]

    @property
    def lines(self) -> dict[str, list[Point]]:
        """Line -> its points, magnitudes ascending."""
        found: dict[str, list[Point]] = {}
        for point in self.points:
            found.setdefault(point.line, []).append(point)
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        curves = [curves_of(summarize(directory)) for directory in chosen.studies]
        if chosen.figure is not None:
            draw(curves, chosen.figure)
        console = Console()
        for one in curves:
            console.print(table(one), "")
    except (XlingualError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def curves_of(summary: Summary) -> Curves:
    """Return the lines of one study.

    Raises:
        DataError: when no arm with a magnitude was scored, one has it in absolute numbers, or two are one point.
    """
    points: dict[tuple[str, float], Point] = {}
    for arm in summary.arms.values():
        robust = (arm.configuration or {}).get("robust")
        placed = None if robust is None else _placed(arm.name, Robust.model_validate(robust))
        if placed is None or not arm.seeds:
            continue
        if placed in points:
            both = f"arms {points[placed].arm} and {arm.name} of {summary.study}"
            raise DataError(f"{both} are both {placed[0]} at {placed[1]:g}; draw studies that have one of the two")
        points[placed] = Point(arm.name, *placed, _scores(summary, arm))
    if not points:
        raise DataError(
            f"{summary.study}: no arm that perturbs the model was scored on the test set; name a study that has some, "
            "and let `xlingual run` end first"
        )
    order = list(dict.fromkeys(line for line, _ in points))
    ranked = sorted(points.values(), key=lambda point: (order.index(point.line), point.magnitude))
    baseline = _scores(summary, summary.arms[summary.baseline])
    source = name_or_code(summary.source_language)
    panels = {summary.non_source: f"mean of the {summary.non_source} languages", source: source}
    metric = summary.metrics.headline.title
    missing = [f"not drawn, without any score: {', '.join(summary.unscored)}"] if summary.unscored else []
    return Curves(summary.study, panels, metric, (*warnings(summary), *missing), baseline, tuple(ranked))


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
    return ", ".join([_described(method.name, settings, key), *others]), getattr(settings, key)


def _described(method: str, settings: Any, key: str) -> str:
    place = PLACES[settings.place]
    if method == "adversarial":
        against = " against the prediction" if settings.against == "prediction" else ""
        norm = settings.norm if settings.over is None else f"{settings.norm} over {settings.over}s"
        return f"{settings.attack}{against}, {settings.steps} steps ({key}, {norm}), {place}"
    if method == "consistency":
        return f"consistency of weight {settings.weight:g}, {settings.distribution} noise, {place}"
    samples = "" if settings.samples == 1 else f", {settings.samples} samples"
    return f"{settings.distribution} noise, {place}{samples}"


def _scores(summary: Summary, arm: ArmSummary) -> dict[str, tuple[float, ...]]:
    source = arm.scores.get(arm.source)
    return {
        summary.non_source: arm.mean(summary.headline),
        name_or_code(arm.source): source.of(summary.headline) if source else (),
    }


def table(curves: Curves) -> Table:
    """Scores by line and magnitude: mean over seeds or searches, lowest and highest."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="")
    first = f"{curves.study}: zero-shot {curves.metric} in percent, mean [lowest, highest]; magnitudes in rms"
    drawn.title = Text("\n".join([first, *curves.flags]))
    for header in ("perturbation", "rms", *curves.panels, "count"):
        name = header == "perturbation"
        drawn.add_column(header, justify="left" if name else "right", no_wrap=not name)
    seeds = len(next(iter(curves.baseline.values())))
    drawn.add_row("baseline", "", *(_cell(curves.baseline[panel]) for panel in curves.panels), str(seeds))
    for line, points in curves.lines.items():
        drawn.add_section()
        for position, point in enumerate(points):
            cells = [_cell(point.scores[panel]) for panel in curves.panels]
            count = str(max(len(scores) for scores in point.scores.values()))
            drawn.add_row("" if position else line, f"{point.magnitude:g}", *cells, count)
    return drawn


def _cell(scores: Sequence[float]) -> str:
    return f"{fmean(scores):.1f} [{min(scores):.1f}, {max(scores):.1f}]" if scores else "-"


def draw(studies: Sequence[Curves], path: Path) -> None:
    """Draw a row of panels a study.

    Raises:
        DataError: when matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise DataError("--figure needs matplotlib: pip install matplotlib, or leave --figure out") from None
    lines = list(dict.fromkeys(line for curves in studies for line in curves.lines))
    style = {line: {"color": f"C{i % 10}", "marker": MARKERS[i % len(MARKERS)]} for i, line in enumerate(lines)}
    figure = Figure(figsize=(10, 1.2 + 3.6 * len(studies)), layout="constrained")
    panels = figure.subplots(len(studies), 2, sharex=True, sharey=True, squeeze=False)
    for row, curves in zip(panels, studies, strict=True):
        for panel, name in zip(row, curves.panels, strict=True):
            _draw_panel(panel, curves, name, style)
        row[0].set_ylabel(f"zero-shot {curves.metric} in percent")
    figure.suptitle("\n".join(dict.fromkeys(flag for curves in studies for flag in curves.flags)), fontsize="medium")
    for panel in panels[-1]:
        panel.set_xlabel("magnitude (rms of the word embeddings)")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize="small", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    same = {"svg.hashsalt": "score_by_magnitude", "svg.fonttype": "none"}  # the same file from the same records
    with matplotlib.rc_context(same):
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw_panel(panel: Any, curves: Curves, name: str, style: dict[str, dict[str, str]]) -> None:
    baseline = curves.baseline[name]
    if baseline:
        panel.axhspan(min(baseline), max(baseline), color="grey", alpha=0.25, linewidth=0)
        panel.axhline(fmean(baseline), color="grey", linewidth=1, label="baseline, no perturbation")
    for line, points in curves.lines.items():
        scored = [point for point in points if point.scores[name]]
        look = style[line]
        means = [fmean(point.scores[name]) for point in scored]
        panel.plot([point.magnitude for point in scored], means, label=line, markersize=5, linewidth=1.5, **look)
        dots = [(point.magnitude, score) for point in scored for score in point.scores[name]]
        panel.plot(*zip(*dots, strict=True), linestyle="none", marker=".", markersize=4, color=look["color"], alpha=0.5)
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.set_ylim(0, 100)
    panel.grid(alpha=0.3)
    panel.set_title(f"{curves.study}: {curves.panels[name]}", fontsize="medium")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Zero-shot scores against the magnitude of the perturbation.")
    parser.add_argument(
        "studies", nargs="+", type=study_argument, metavar="STUDY_DIR", help="directory or URL: STORAGE/NAME"
    )
    parser.add_argument("--figure", type=Path, help="draw it here (.svg, .png or .pdf)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
