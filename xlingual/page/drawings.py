"""Figures as elements of a page: text stays text, colours are the page's, and ids in them are of one figure alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib.figure import Figure

from xlingual.figures.style import COLOURS, GREY, svg
from xlingual.report.wide_table import WideTable

_NAMESPACE = re.compile(r"\{.*\}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\b")
_OWN = {
    **{colour.lower(): f"var(--arm-{place})" for place, colour in enumerate(COLOURS, start=1)},
    "#000000": "var(--ink)",
    "#ffffff": "var(--paper)",
    "#b0b0b0": "var(--line)",
    "#cccccc": "var(--line)",
    "#b0c4d4": "var(--faint)",
    GREY.lower(): "var(--muted)",
}
"""Colours of figures by what the page calls them; any other stays as it is."""
_POINT = 4 / 3
"""Pixels of CSS."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of the page.

    Attributes:
        id: of its element.
        image: the drawing.
        title: what it shows.
        text: what can be read from it, and where the same numbers are in a table.
        scale: whether colours stand for numbers, so that it stays on light paper.
    """

    id: str
    image: Markup
    title: str
    text: str
    scale: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawing, and the tables with its numbers."""

    drawing: Drawing
    tables: tuple[WideTable, ...]


def drawing(figure: Figure, id: str, title: str, text: str, *, scale: bool = False) -> Drawing:
    """Turn a figure into an element with the role of an image; `id` keeps its parts apart from those of others."""
    root = ElementTree.fromstring(svg(figure))
    for parent in list(root.iter()):
        for child in list(parent):
            if _NAMESPACE.sub("", str(child.tag)) in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", str(element.tag))
        attributes = {_NAMESPACE.sub("", name): value for name, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update({name: _own(name, value, id) for name, value in attributes.items()})
    _, _, width, _ = (float(number) for number in root.attrib["viewBox"].split())
    for name in ("width", "height", "version", "id"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{id}-title", "aria-describedby": f"{id}-text"}
    root.attrib["style"] = f"--width: {width * _POINT:.0f}px"
    return Drawing(id, Markup(ElementTree.tostring(root, encoding="unicode")), title, text, scale)


def _own(name: str, value: str, prefix: str) -> str:
    """An attribute whose names are of this drawing alone, and whose colours are the page's."""
    if name == "id":
        return f"{prefix}-{value}"
    if name == "href" and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    if name in ("clip-path", "style", "fill", "stroke"):
        value = value.replace("url(#", f"url(#{prefix}-")
        return _COLOUR.sub(lambda found: _OWN.get(found[0].lower(), found[0]), value)
    return value
