"""Which view suits where the output goes."""

from __future__ import annotations

from rich.console import Console

from xlingual.progress.guard import Guarded
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.live import LiveView
from xlingual.progress.plain import PlainView


def choose_view(json: bool, console: Console, objective: str = "dev.f1") -> Guarded:
    """A listener that writes to `console`: JSON lines if asked for, a live table on a terminal, else plain lines.

    `objective` is the study's, and names the trials' score. The listener never raises into the study, and is a context
    manager that closes itself.
    """
    if json:
        return Guarded(JsonLines(console.file))
    if console.is_terminal and not console.is_dumb_terminal:
        return Guarded(LiveView(console, objective))
    return Guarded(PlainView(console.file, objective))
