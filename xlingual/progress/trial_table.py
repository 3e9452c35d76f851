"""The live table's trials: a row each, the running ones first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from xlingual.progress import cells
from xlingual.progress.glyphs import Glyphs
from xlingual.progress.plain_table import WIDE, Columns, gap, number_header, plain_table, short_label, width_of
from xlingual.progress.score_names import ScoreNames
from xlingual.search.listener import TrialView

STATE_STYLES = {
    "running": "bold cyan",
    "finished": "green",
    "pruned": "yellow",
    "failed": "red",
    "waiting": "dim",
    "stopped": "dim",
}
OPTIONAL = ("mixture", "robust")
DROPPABLE = (*OPTIONAL, "lr", "updates")
LEAST = 8
"""Least width of an optional column."""


def trial_table(
    trials: Sequence[TrialView], width: int, names: ScoreNames, glyphs: Glyphs, *, over: bool = False
) -> Table:
    """One row per trial, in `width` columns; robust training and mixture only where some trial has one.

    If space is short, the mixture is cut first, then robust training, so that scores never are.

    Args:
        trials: in the order of the rows.
        width: columns of the terminal.
        names: of the scores.
        glyphs: that the terminal shows.
        over: whether the command has ended, and what was running is stopped.
    """
    columns = _columns(trials, width < WIDE, names.header, glyphs, over)
    for name in OPTIONAL:
        if name in columns:
            others = {header: texts for header, texts in columns.items() if header != name}
            room = max(LEAST, width - width_of(others, width) - gap(width))
            columns[name] = [glyphs.clip(str(text), room) for text in columns[name]]
    return plain_table(columns, width, DROPPABLE)


def _columns(trials: Sequence[TrialView], narrow: bool, score: str, glyphs: Glyphs, over: bool) -> Columns:
    """Header -> a text per trial, in the order of the table; empty optional columns are left out."""
    states = ["stopped" if over and trial.state == "running" else trial.state for trial in trials]
    columns: Columns = {
        "arm": [glyphs.clip(trial.arm, 12 if narrow else 24) for trial in trials],
        number_header(trials): [short_label(trial.label) for trial in trials],
        "state": [Text(state, STATE_STYLES.get(state, "")) for state in states],
        "updates": [_updates(trial, 4 if narrow else 8, glyphs) for trial in trials],
        "lr": [cells.learning_rate(trial.configuration) for trial in trials],
        score: [cells.percent(trial.objective) for trial in trials],
        "robust": [glyphs.shown(cells.robust(trial.configuration)) for trial in trials],
        "mixture": [glyphs.shown(cells.mixture(trial.configuration)) for trial in trials],
    }
    return {name: texts for name, texts in columns.items() if name not in OPTIONAL or {*texts} != {cells.NOTHING}}


def _updates(trial: TrialView, bar_width: int, glyphs: Glyphs) -> str:
    return f"{glyphs.bar(trial.updates, trial.total_updates, bar_width)} {trial.updates}/{trial.total_updates}"
