"""What `xlingual bench` measured, and a study's hours, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from xlingual.speed.estimate import Estimate
    from xlingual.speed.measurement import Speed
    from xlingual.speed.training_speed import TrainingSpeed

GIB = 1 << 30


def speed_tables(speed: Speed, estimate: Estimate | None = None) -> RenderableType:
    """Draw a measurement, each figure with its unit, and a study's hours where they were estimated."""
    task, train = speed.task, speed.training
    title = f"{task.model}: {task.lengths.in_words}, {train.batch_size} to an update"
    where = f"{speed.device}, {train.threads} thread(s) of {speed.cores} core(s), {speed.gpus} GPU(s)"
    notes = [Text(f"note: {note}", style="yellow") for note in speed.notes]
    hours = [Text(), estimate_table(estimate)] if estimate else []
    return Group(Text(title, style="bold"), Text(where), Text(), _figures(speed), Text(), _rows(speed), *notes, *hours)


def estimate_table(estimate: Estimate) -> RenderableType:
    """Draw a study's hours of wall clock."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("estimate")
    table.add_column("wall clock", justify="right")
    trials = "1 trial at a time" if estimate.side_by_side == 1 else f"{estimate.side_by_side} trials in parallel"
    stages = {
        "one trial": estimate.trial_hours,
        f"search, {trials}": estimate.search_hours,
        "replicates": estimate.replicate_hours,
        "scoring on the test set": estimate.test_hours,
        "search, replicates and scoring": estimate.hours,
    }
    for name, hours in stages.items():
        table.add_row(name, "not measured" if hours is None else _time(hours))
    if estimate.left_out:
        table.add_row("arms that are left out", ", ".join(estimate.left_out))
    return Group(table, *(Text(f"note: {note}", style="yellow") for note in estimate.notes))


def _figures(speed: Speed) -> Table:
    train, scoring = speed.training, speed.scoring
    slowest, fastest = max(train.seconds), min(train.seconds)
    questions = ", ".join(f"{count} {code}" for code, count in scoring.questions.items())
    rows = {
        "training": f"{train.windows_per_s:.2f} {speed.task.lengths.unit}/s, {_tokens(train)} ({train.precision})",
        "an update": f"{fastest:.3f} to {slowest:.3f} s over {len(train.seconds)}, after one that is not counted",
        "padding": f"{100 * train.padding_share:.1f}% of the tokens",
        "useful arithmetic": f"{train.useful_gflops:,.1f} GFLOP/s: {100 * speed.useful_share(train):.0f}% of a matrix "
        f"product's {speed.matrix[train.precision]:,.0f}",
        "memory": f"{train.peak_memory / GIB:.2f} GiB at most while training",
        "largest micro-batch": _largest(speed),
        "scoring": f"{scoring.questions_per_s:.2f} questions/s, text to scored answers (questions: {questions})",
        "precision: auto": f"{speed.study_precision} in a study on this machine",
    }
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _tokens(train: TrainingSpeed) -> str:
    if not train.target_tokens:
        return f"{train.tokens_per_s:,.0f} tokens/s"
    return f"{train.tokens_per_s:,.0f} tokens/s read and {train.target_tokens_per_s:,.0f} to be written"


def _rows(speed: Speed) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("precision")
    for header in ("micro-batch", f"{speed.task.lengths.unit}/s", "padding", "of matrix speed", "peak GiB", "updates"):
        table.add_column(header, justify="right")
    for train in _distinct([*speed.by_precision, *speed.by_micro_batch]):
        table.add_row(
            train.precision,
            str(train.micro_batch_size),
            f"{train.windows_per_s:.2f}",
            f"{100 * train.padding_share:.1f}%",
            f"{100 * speed.useful_share(train):.0f}%",
            f"{train.peak_memory / GIB:.2f}",
            str(len(train.seconds)),
        )
    return table


def _distinct(rows: list[TrainingSpeed]) -> list[TrainingSpeed]:
    return list({(row.precision, row.micro_batch_size): row for row in rows}.values())


def _largest(speed: Speed) -> str:
    if speed.largest is None:
        if speed.training.memory_per_token <= 0:
            return "unknown: the updates took too little memory to measure"
        return "unknown: the machine does not say how much memory is free"
    how = "an estimate from the memory of smaller ones" if speed.largest.estimated else "tried, doubling"
    return f"{speed.largest.windows:,} {speed.task.lengths.unit} of {speed.largest.tokens} tokens in one pass ({how})"


def _time(hours: float) -> str:
    if hours >= 1:
        return f"{hours:,.1f} h"
    return f"{60 * hours:.1f} min" if hours >= 1 / 60 else f"{3600 * hours:.1f} s"
