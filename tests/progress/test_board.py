"""The live table in every state, by letter: `pytest --update-messages FILE` on this one writes boards.txt."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from board_states import NAMES, STATES
from golden_messages import Messages
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from xlingual.progress.board import draw
from xlingual.progress.glyphs import Glyphs
from xlingual.progress.study_view import StudyState

SIZES = {80: 24, 200: 30}


@pytest.fixture(scope="module")
def boards(request: pytest.FixtureRequest) -> Iterator[Messages]:
    update = request.config.getoption("--update-messages")
    made = Messages(Path(__file__).with_name("boards.txt"), update)
    yield made
    if update:
        made.write()


def drawn(state: StudyState, width: int, height: int, encoding: str = "utf-8", **options: object) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, **options)  # type: ignore[arg-type]
    names = replace(NAMES, outline=state.outline)
    console.print(draw(state, width, height, names, Glyphs.of(encoding)))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("name", STATES)
def test_every_state_looks_as_it_did(name: str, width: int, boards: Messages) -> None:
    lines = lines_of(drawn(STATES[name](), width, SIZES[width]))
    boards.compare(f"{width} columns", name, "\n".join(lines))


@pytest.mark.parametrize("name", STATES)
def test_no_line_is_wider_than_the_terminal_and_no_board_higher(name: str) -> None:
    state = STATES[name]()
    for width, height in [(30, 14), (40, 24), (60, 14), (80, 24), (99, 50), (120, 24), (200, 14)]:
        lines = lines_of(drawn(state, width, height))
        assert max(map(cell_len, lines)) <= width
        assert len(lines) <= height


@pytest.mark.parametrize("name", STATES)
def test_a_terminal_without_unicode_gets_ascii_alone(name: str) -> None:
    for width, height in SIZES.items():
        text = drawn(STATES[name](), width, height, "ascii")
        assert text.isascii()
        assert max(map(len, lines_of(text))) <= width


def test_colour_adds_nothing_to_the_text() -> None:
    """So `NO_COLOR` takes nothing away; all colours are the terminal's own, which suit light and dark."""
    state = STATES["failing"]()
    colours = {"force_terminal": True, "color_system": "truecolor", "_environ": {"TERM": "xterm"}}
    coloured = drawn(state, 80, 24, **colours)
    plain = drawn(state, 80, 24, no_color=True, **colours)
    assert "\x1b[31m" in coloured and "\x1b[1;36m" in coloured
    assert "\x1b[3" not in plain and "38;2;" not in coloured
    assert lines_of(drawn(state, 80, 24)) == lines_of(Text.from_ansi(coloured).plain)


def test_the_baseline_stays_among_the_arms_that_fit() -> None:
    lines = lines_of(drawn(STATES["on a cluster"](), 80, 14))
    (row,) = [line for line in lines if line.startswith("ベースライン") and " of 500 " in line]
    assert row.split()[-2:] == ["baseline", "58"]
    assert "and 9 more" in lines
