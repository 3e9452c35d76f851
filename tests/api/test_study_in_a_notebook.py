"""What a notebook shows: escaped tables that can be read in light and in dark, one output for a running study."""

from __future__ import annotations

import json
import re
import sys
from contextvars import ContextVar
from itertools import count
from pathlib import Path
from threading import Event, current_thread, main_thread
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import xlingual
from xlingual.activity import doing
from xlingual.api.numbers import Numbers
from xlingual.api.showing import study_told, work_told
from xlingual.progress import ScoreNames
from xlingual.progress.notebook import NOTES, NotebookView, drawn_again
from xlingual.search.listener import TrialView

CSS = Path(xlingual.__file__).parent / "page" / "templates" / "fragment.css"
LIGHT, DARK = "#ffffff", "#111111"
"""Backgrounds of JupyterLab's themes."""


class Outputs:
    """IPython in a kernel: remembers the outputs of a cell, each with all that it ever held."""

    def __init__(self) -> None:
        self.found: list[list[str]] = []

    def display(self, html: str, display_id: bool) -> Any:
        assert display_id
        self.found.append([html])
        return SimpleNamespace(update=self.found[-1].append)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> Outputs:
    made = Outputs()
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    display.display, display.HTML = made.display, str  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return made


@pytest.fixture(scope="module")
def hostile(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished study whose texts are markup."""
    storage = tmp_path_factory.mktemp("hostile")
    arms = ("baseline", "<img src=x onerror=alert(1)>")
    study = studies.finished_study(storage, arms, questions=3, question="<script>alert(1)</script>?")
    return xlingual.open_study(study.directory.path)


def parsed(html: str) -> Any:
    """A piece of HTML, well-formed to the letter."""
    import html5lib

    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(html)


def test_texts_are_escaped(hostile: Any) -> None:
    for shown in (hostile, hostile.status(), hostile.report()):
        tree = parsed(shown._repr_html_())
        assert tree.find(".//script") is None and tree.find(".//img") is None
        assert tree.find(".//table") is not None
    assert "&lt;script&gt;alert(1)&lt;/script&gt;?" in hostile._repr_html_()
    assert hostile._repr_html_().count("&lt;img src=x") == 1


def test_tables_have_the_cells_of_the_terminal(hostile: Any) -> None:
    tree = parsed(hostile.report()._repr_html_())
    (first, *_) = tree.iterfind(".//table")
    cells = ["".join(cell.itertext()) for cell in first.iterfind(".//tbody/tr[1]/td")]
    blocks = [row.split() for row in repr(hostile.report()).splitlines() if row.startswith("baseline")]
    assert cells[:12] == blocks[0][1:] and len(cells) == 14
    notes = ["".join(line.itertext()) for line in tree.iterfind(".//ul/li")]
    assert any("The ledger holds 4 readings" in line for line in notes)


def test_outputs_do_not_share_identifiers(hostile: Any) -> None:
    found = [re.findall(r' id="(.*?)"', shown._repr_html_()) for shown in (hostile, hostile.status(), hostile.report())]
    every = [name for names in found for name in names]
    assert len(every) == len(set(every)) > 5
    assert hostile.status()._repr_html_() == hostile.status()._repr_html_()


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", [LIGHT, DARK])
def test_colours_can_be_read_in_light_and_in_dark(paper: str) -> None:
    """WCAG asks for 3:1 of bold text of this kind of size; text without a colour of its own has the notebook's."""
    colours = re.findall(r"(?<![-\w])color: (#\w{6})", CSS.read_text(encoding="utf-8"))
    assert len(colours) == 3
    for colour in colours:
        light, dark = sorted((luminance(colour), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3.5, (colour, paper)


def test_numbers_are_a_dictionary_for_programs() -> None:
    numbers = Numbers({"a": 1.5}, "drawn")
    assert json.dumps(numbers) == '{"a": 1.5}' and numbers == {"a": 1.5} and repr(numbers) == "drawn"


def trial(number: int, **more: Any) -> TrialView:
    return TrialView(f"baseline/{number}", "baseline", f"trial {number}", updates=5, total_updates=10, **more)


def test_a_study_has_one_output_of_bounded_size(outputs: Outputs, capsys: pytest.CaptureFixture[str]) -> None:
    with study_told("auto", ScoreNames()) as listener:
        listener.note("loading <things>")
        listener.stage_started("search", 500, 0)
        for number in range(500):
            listener.trial_changed(trial(number, state="finished", objective=50.0 + number / 100))
            listener.note(f"note {number}")
        listener.trial_changed(trial(3, state="failed", reason="diverged & more"))
        listener.stage_ended("search")
    (held,) = outputs.found
    last = held[-1]
    assert len(last.splitlines()) < 60 and len(last) < 20_000
    assert "search 500" in last and "failed: diverged &amp; more" in last
    assert [f"note {number}" in last for number in (499 - NOTES + 1, 499)] == [False, True]
    parsed(last)
    assert capsys.readouterr() == ("", "")


def test_an_output_is_drawn_only_when_something_changed() -> None:
    drawn: list[str] = []
    view = NotebookView(drawn.append, clock=lambda: 0.0)
    view.draw()
    view.draw()
    view.note("<b>")
    view.draw()
    assert len(drawn) == 2 and "&lt;b&gt;" in drawn[1]
    view.close()
    assert len(drawn) == 3 and "stopped" in drawn[2] and "&lt;b&gt;" in drawn[2]


def test_what_a_thread_draws_belongs_to_the_cell() -> None:
    cell = ContextVar("cell", default="none")
    found, seen = [], Event()

    def show(html: str) -> None:
        found.append((cell.get(), current_thread() is main_thread()))
        if not found[-1][1]:
            seen.set()

    token = cell.set("mine")
    seconds = count()
    with drawn_again(NotebookView(show, clock=lambda: next(seconds))):
        assert seen.wait(60)
    cell.reset(token)
    assert {one for one, _ in found} == {"mine"}


def test_work_is_shown_while_it_lasts(outputs: Outputs, capsys: pytest.CaptureFixture[str]) -> None:
    with work_told("auto"), doing("counting <cats>"):
        pass
    assert outputs.found[0][-1] == ""
    assert capsys.readouterr() == ("", "")


def test_errors_are_one_line_in_a_notebook(tmp_path: Path) -> None:
    """IPython shows what `_render_traceback_` returns in place of a traceback."""
    with pytest.raises(xlingual.XlingualError) as refused:
        xlingual.open_study(tmp_path)
    assert refused.value._render_traceback_() == [f"RecordError: {refused.value}"]
    assert xlingual.StudyInterrupted("said")._render_traceback_() == ["StudyInterrupted: said"]


def test_nothing_of_ipython_is_imported_elsewhere() -> None:
    assert "IPython" not in sys.modules
    with study_told("none", ScoreNames()) as listener:
        listener.note("unheard")
    assert "IPython" not in sys.modules
