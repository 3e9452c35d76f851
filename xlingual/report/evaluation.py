"""A checkpoint's scores, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def evaluation_table(model: str, scores: Mapping[str, Mapping[str, float]], limit: int | None) -> RenderableType:
    """Draw exact match and F1 in percent per language, and their mean over the non-English languages.

    Args:
        model: as asked.
        scores: language -> exact_match, f1, questions.
        limit: only the first so many questions of each language were asked.
    """
    part = f", the first {limit} questions of each language only" if limit else ""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("language")
    for header in ("questions", "exact match", "F1"):
        table.add_column(header, justify="right")
    for language, row in scores.items():
        table.add_row(language, f"{row['questions']:.0f}", f"{row['exact_match']:.1f}", f"{row['f1']:.1f}")
    others = [row for language, row in scores.items() if language != "en"]
    if others:
        means = (f"{fmean(row[metric] for row in others):.1f}" for metric in ("exact_match", "f1"))
        table.add_row(f"mean of {len(others)} non-English", "", *means)
    return Group(Text(f"XQuAD{part}: {model}", style="bold"), table)
