"""Draws the pictures of the live table in docs/pictures: `python tests/pictures.py`."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

from board_states import NAMES, STATES
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from xlingual.progress.board import draw

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH = 84
PICTURES = {"searching": 24, "failing": 22, "testing": 22}
"""States, and the lines of their pictures."""

FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace("Fira Code, ", "")
"""Rich's, with a font of the reader's machine instead of one from the network."""


def picture(name: str) -> str:
    """The live table in a state, as SVG."""
    state = STATES[name]()
    console = Console(file=io.StringIO(), width=WIDTH, record=True, force_terminal=True, color_system="standard")
    console.print(draw(state, WIDTH, PICTURES[name], replace(NAMES, outline=state.outline)))
    return console.export_svg(title="xlingual run study.yaml", code_format=FORMAT)


def file_of(name: str) -> Path:
    """Where a picture lies."""
    return FOLDER / f"live-{name}.svg"


if __name__ == "__main__":
    for each in PICTURES:
        file_of(each).write_text(picture(each), encoding="utf-8")
        print(file_of(each).relative_to(FOLDER.parents[1]))
