"""`--quiet` and `--verbose`: what is shown, and what is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console

from xlingual.activity import NORMAL, QUIET, VERBOSE, Activities, doing, is_quiet, is_verbose, told
from xlingual.progress.activities import activities_shown
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.live import LiveView
from xlingual.progress.plain import PlainView
from xlingual.progress.silent import SilentView
from xlingual.progress.views import choose_view


def test_the_view_suits_how_much_is_told() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True)
    kinds = {}
    for loudness in (NORMAL, QUIET, VERBOSE):
        with told(loudness):
            kinds[loudness] = [type(choose_view(json, terminal).view) for json in (False, True)]
    assert kinds == {NORMAL: [LiveView, JsonLines], QUIET: [SilentView, JsonLines], VERBOSE: [PlainView, JsonLines]}


def test_no_activity_is_shown_if_only_results_are_told() -> None:
    shown = io.StringIO()
    clock = iter(range(1000))  # so that every look is long after the last
    for loudness in (QUIET, NORMAL):
        activities = Activities(lambda: float(next(clock)))
        with told(loudness), activities_shown(Console(file=shown), activities), doing("thinking"):
            assert (activities.innermost is None) == (loudness == QUIET)
    assert "thinking" not in shown.getvalue().partition("working")[0]


def test_the_options_hold_for_one_command(call: Callable[..., Any]) -> None:
    assert call("--quiet", "schema").status == 0
    assert call("--verbose", "schema").status == 0
    assert not is_quiet() and not is_verbose()
    ended = call("--quiet", "--verbose", "schema")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: --quiet and --verbose exclude each other; leave out one of the two\n"
