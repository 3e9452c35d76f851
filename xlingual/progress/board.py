"""Draws the state of a study: its stages, its arms against the baseline, its trials; never changes the state."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from xlingual.progress import cells
from xlingual.progress.arm_table import arm_table, test_table
from xlingual.progress.glyphs import UNICODE, Glyphs
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.study_view import StageState, StudyState
from xlingual.progress.trial_table import trial_table
from xlingual.task_metrics import counted

FEWEST_ROWS = 3
ROOMY = 20
"""Lines of a screen that has room for empty ones."""

MOST_REASONS = 2
NO_REASON = "no reason recorded"


def draw(
    state: StudyState,
    width: int,
    height: int,
    names: ScoreNames = DEFAULT_NAMES,
    glyphs: Glyphs = UNICODE,
) -> RenderableType:
    """The whole board in `width` columns and at most `height` lines, but always a few rows."""
    top = [rail(state, width, glyphs), progress_line(state, width, glyphs)]
    if state.cluster is not None:
        top.append(cluster_line(state, width, glyphs))
    stage, gap = state.stage, [Text()] if height >= ROOMY else []
    if stage is None:
        return Group(*top)
    failed = failure_lines(stage, width, glyphs)
    room = height - len(top) - len(failed) - 2 * len(gap)
    parts: list[RenderableType] = [*top, *gap]
    arms = arm_table(state, width, max(2, room // 3), names, glyphs)
    if arms.row_count:
        parts += [arms, *gap]
        room -= arms.row_count + 1 + bool(arms.caption)
    room = max(FEWEST_ROWS, room - 2)  # the table's header, the line of what is not shown
    if stage.name == "test":
        parts.append(test_table(state, width, room, names, glyphs))
    elif stage.trials:
        rows, hidden = state.rows(room)
        parts.append(trial_table(rows, width, names, glyphs, over=state.stopped))
        if hidden:
            parts.append(Text(f"and {hidden:,} more, not shown", style="dim"))
    return Group(*parts, *failed)


def rail(state: StudyState, width: int, glyphs: Glyphs) -> Text:
    """The study's name and its stages: done, present, to come."""
    line = Text(no_wrap=True, overflow="crop")
    present, outline = state.stage, state.outline
    begun = [stage.name for stage in state.stages]
    named = [*outline.stages, *(name for name in begun if name not in outline.stages)]
    stages = named if outline.arms or not begun else begun
    at = stages.index(present.name) if present else 0
    for position, name in enumerate(stages):
        stage, total = state.of(name), outline.items(name)
        if present is None or position > at:
            mark, style, text = glyphs.to_come, "dim", f"{name} {total:,}" if total else name
        elif stage is None or stage.name not in begun or stage.ended:
            done = stage.done if stage is not None and stage.name in begun else total
            mark, style, text = glyphs.done, "green", f"{name} {done:,}" if done else name
        else:
            mark, style = (glyphs.stopped, "yellow") if state.stopped else (glyphs.now, "bold cyan")
            earlier = f" ({stage.done_before:,} before)" if stage.done_before else ""
            text = f"{name} {stage.done:,} of {stage.total:,}{earlier}"
        line.append(f"  {mark} ", style=style).append(text, style=style)
    label = glyphs.clip(outline.name, max(8, width - cell_len(line.plain)))
    return Text(label, style="bold", no_wrap=True, overflow="crop").append(line if label else line[2:])


def progress_line(state: StudyState, width: int, glyphs: Glyphs) -> Text:
    """How far the present stage is, time spent and time left; how the command ended, once it has."""
    stage, spent = state.stage, cells.duration(state.elapsed())
    if state.over:
        return Text(f"done after {spent}", style="green", no_wrap=True)
    if state.stopped_at is not None and state.follows:
        return Text(f"followed for {spent}", style="dim", no_wrap=True)
    if state.stopped:
        return Text(f"stopped after {spent}; the same command goes on from here", style="yellow", no_wrap=True)
    if stage is None:
        return Text(f"starting, {spent}", no_wrap=True)
    left = cells.time_left(state.time_left())
    text = f"{spent}, {left}" if left else spent
    bar = glyphs.bar(stage.share, stage.total, max(0, min(40, width - cell_len(text) - 2)))
    return Text(no_wrap=True, overflow="crop").append(bar, style="cyan").append(f"  {text}")


def cluster_line(state: StudyState, width: int, glyphs: Glyphs) -> Text:
    """Nodes, and what of the CPUs and GPUs is in use."""
    use = state.cluster
    assert use is not None
    parts = [f"{use.used.get(name, 0):g} of {total:g} {name}" for name, total in use.total.items() if total]
    text = f"cluster: {counted(use.nodes, 'nodes')}, {' and '.join(parts)} in use"
    return Text(glyphs.clip(text, width), style="dim", no_wrap=True)


def failure_lines(stage: StageState, width: int, glyphs: Glyphs) -> list[Text]:
    """A line for each of the latest reasons of failures."""
    found = [keys for keys in stage.reasons.values() if keys]
    lines = []
    if len(found) > MOST_REASONS:
        lines.append(f"failures for {counted(len(found) - MOST_REASONS, 'reasons')} before these")
    for keys in found[-MOST_REASONS:]:
        last = stage.trials[keys[-1]]
        who = f"{last.arm} {last.label}"
        who = f"{len(keys):,} failed, {who} the last" if len(keys) > 1 else who
        lines.append(f"{who}: {last.reason or NO_REASON}")
    return [Text(glyphs.clip(f"{glyphs.failed} {line}", width), style="red", no_wrap=True) for line in lines]
