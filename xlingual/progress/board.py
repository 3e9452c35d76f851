"""Draws the state of a study as a table under a line or two; never changes the state."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xlingual.progress import cells
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.study_view import StageState, StudyState
from xlingual.search.listener import TrialView

STATE_STYLES = {"running": "bold", "finished": "green", "pruned": "yellow", "failed": "red", "waiting": "dim"}
FEWEST_ROWS = 3
WIDE = 100
LEFT = ("arm", "trial", "search:trial", "state", "updates", "robust", "mixture")
OPTIONAL = ("robust", "mixture")
LEAST = 8
"""Least width of an optional column."""


def draw(state: StudyState, width: int, height: int, names: ScoreNames = DEFAULT_NAMES) -> RenderableType:
    """The whole board in `width` columns and at most `height` lines, but always a few rows."""
    stage = state.stage
    if stage is None:
        return Text(f"starting, {cells.duration(state.elapsed())}")
    parts: list[RenderableType] = [headline(state, stage)]
    best = best_line(state, names)
    if best is not None:
        parts.append(best)
        height -= 1 + len(best.plain) // width
    room = max(FEWEST_ROWS, height - 3)  # the headline, the table's header, the line of what is not shown
    if stage.name == "test":
        parts.append(test_table(state, room, names))
    elif stage.trials:
        rows, hidden = state.rows(room)
        parts.append(trial_table(rows, width, names))
        if hidden:
            parts.append(Text(f"and {hidden} more, not shown", style="dim"))
    return Group(*parts)


def headline(state: StudyState, stage: StageState) -> Text:
    """Stage, items done, time spent and, if known, time left."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(stage.name, style="bold")
    line.append(f"  {stage.done} of {stage.total} done  {cells.duration(state.elapsed())}")
    left = cells.time_left(state.seconds_left())
    return line.append(f"  {left}") if left else line


def best_line(state: StudyState, names: ScoreNames) -> Text | None:
    """Per arm the best finished trial of the search; None before the first."""
    best = state.best()
    if not best:
        return None
    of = " of this command" if state.best_of_this_command else ""
    line = Text(f"best {names.name}{of}", overflow="fold", style="dim")
    for arm, trial in best.items():
        line.append(f"  {arm} ", style="not dim")
        line.append(cells.percent(trial.objective), style="not dim bold")
        line.append(f" ({trial.label})")
    return line


def trial_table(trials: Sequence[TrialView], width: int, names: ScoreNames) -> Table:
    """One row per trial, in `width` columns; robust training and mixture only where some trial has one.

    If space is short, the mixture is cut first, then robust training, so that scores never are.
    """
    gap = 1 if width < WIDE else 2
    columns = _columns(trials, width < WIDE, names.header)
    for name in reversed(OPTIONAL):
        if name in columns:
            others = [header for header in columns if header != name]
            room = width - gap - sum(gap + _width(header, columns[header]) for header in others)
            columns[name] = [cells.clip(text, max(LEAST, room)) for text in columns[name]]
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="dim")
    for header in columns:
        table.add_column(header, no_wrap=True, justify="left" if header in LEFT else "right")
    styles = [STATE_STYLES.get(state, "") for state in columns["state"]]
    for texts, style in zip(zip(*columns.values(), strict=True), styles, strict=True):
        table.add_row(
            *[Text(text, style if header == "state" else "") for header, text in zip(columns, texts, strict=True)]
        )
    return table


def test_table(state: StudyState, limit: int, names: ScoreNames) -> Table:
    """The latest `limit` scorings of replicates on a test set."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("arm", no_wrap=True, max_width=24)
    table.add_column("seed", no_wrap=True, justify="right")
    table.add_column("test set", no_wrap=True, max_width=16)
    table.add_column("languages", justify="right")
    table.add_column(f"mean {names.beyond}", no_wrap=True, justify="right")
    for (arm, seed, test_set), scores in list(state.test_scores.items())[-limit:]:
        of_set = names.on(test_set)
        pairs = sum("-" in key for key in scores)
        count = f"{len(scores) - pairs}" + (f" and {pairs} pairs" if pairs else "")
        mean = f"{of_set.headline} {cells.percent(of_set.zero_shot(scores))}"
        table.add_row(Text(arm), str(seed), Text(test_set), count, mean)
    return table


def _columns(trials: Sequence[TrialView], narrow: bool, score: str) -> dict[str, list[str]]:
    """Header -> a text per trial, in the order of the table; empty optional columns are left out."""
    columns = {
        "arm": [cells.clip(trial.arm, 12 if narrow else 24) for trial in trials],
        ("search:trial" if any(map(_of_search, trials)) else "trial"): [_short(trial.label) for trial in trials],
        "state": [trial.state for trial in trials],
        "updates": [_updates(trial, 4 if narrow else 8) for trial in trials],
        "lr": [cells.learning_rate(trial.configuration) for trial in trials],
        score: [cells.percent(trial.objective) for trial in trials],
        "robust": [cells.robust(trial.configuration) for trial in trials],
        "mixture": [cells.mixture(trial.configuration) for trial in trials],
    }
    return {name: texts for name, texts in columns.items() if name not in OPTIONAL or set(texts) != {cells.NOTHING}}


def _of_search(trial: TrialView) -> bool:
    """Whether a trial belongs to one of several searches."""
    return trial.label.startswith("search ")


def _short(label: str) -> str:
    """A label without the words of the header: "3", "2:3" of search 2."""
    return re.sub(r"^search (\d+), trial ", r"\1:", label).removeprefix("trial ")


def _width(header: str, texts: Sequence[str]) -> int:
    return max(map(len, (header, *texts)))


def _updates(trial: TrialView, bar_width: int) -> str:
    return f"{cells.bar(trial.updates, trial.total_updates, bar_width)} {trial.updates}/{trial.total_updates}"
