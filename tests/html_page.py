"""Reading a page: its elements, their texts, the cells of its tables."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib


def parsed(file: Path) -> Element:
    """The page; an error of HTML's syntax raises."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def in_section(root: Element, name: str) -> Element:
    (found,) = [section for section in root.iter("section") if section.get("aria-labelledby") == name]
    return found


def cells(table: Element) -> list[list[str]]:
    """The texts of a table's rows."""
    return [[text_of(cell) for cell in row] for row in next(table.iter("tbody")).iter("tr")]


def local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
