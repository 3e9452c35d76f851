"""What all figures share: colours that colour-blind readers can tell apart, sizes, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xlingual.errors import DataError

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#8C8C00")
"""Okabe and Ito's palette without its yellow, which is too light for lines; then marks tell arms apart too."""
MARKERS = "osD^v*PX"
GREY = "#767676"
FORMATS = (".svg", ".png", ".pdf")
DPI = 150
_SAME = {"svg.hashsalt": "xlingual", "svg.fonttype": "none"}
"""The same numbers give the same file; text stays text."""


def looks(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """A colour and a mark for each name, the same for the same order of names."""
    return {
        name: {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[(place // len(COLOURS) + place) % len(MARKERS)],
        }
        for place, name in enumerate(dict.fromkeys(names))
    }


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, whose parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained")


def quiet_grid(panel: Axes, axis: Literal["both", "x", "y"] = "both") -> None:
    """A light grid, without the frame's upper and right lines."""
    panel.grid(axis=axis, alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def legend_below(figure: Figure, panel: Axes, columns: int = 3) -> None:
    """One legend of a panel's labels below all panels; none without labels."""
    handles, labels = panel.get_legend_handles_labels()
    unique: Mapping[str, Any] = dict(zip(labels, handles, strict=True))
    if unique:
        figure.legend(
            unique.values(), unique.keys(), loc="outside lower center", ncols=columns, fontsize="small", frameon=False
        )


def check_format(path: Path) -> None:
    """Refuse a file name that names no format.

    Raises:
        DataError: when its ending is none of `FORMATS`.
    """
    if path.suffix.lower() not in FORMATS:
        raise DataError(
            f"{path}: cannot draw a {path.suffix or 'file without an ending'}; name a .svg, .png or .pdf file"
        )


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of its name's ending; the same figure gives the same bytes of SVG.

    Raises:
        DataError: see `check_format`.
    """
    check_format(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(_SAME):
        figure.savefig(path, dpi=DPI, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def svg(figure: Figure) -> str:
    """A figure as an SVG element, to be put into a page: without the XML head, its background transparent."""
    content = BytesIO()
    with matplotlib.rc_context(_SAME):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    text = content.getvalue().decode()
    return text[text.index("<svg") :]
