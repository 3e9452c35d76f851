"""A checkpoint's scores, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from rich.table import Table


def evaluation_table(model: str, scores: Mapping[str, Mapping[str, float]], limit: int | None) -> Table:
    """Draw exact match and F1 in percent per language, and their mean over the non-English languages.

    Args:
        model: as asked.
        scores: language -> exact_match, f1, questions.
        limit: only the first so many questions of each language were asked.
    """
    part = f", the first {limit} questions of each language only" if limit else ""
    table = Table(title=f"{model} on XQuAD{part}", title_justify="left", title_style="bold")
    table.add_column("language")
    for header in ("questions", "exact match", "F1"):
        table.add_column(header, justify="right")
    for language, row in scores.items():
        table.add_row(language, f"{row['questions']:.0f}", f"{row['exact_match']:.1f}", f"{row['f1']:.1f}")
    others = [row for language, row in scores.items() if language != "en"]
    if others:
        means = (f"{fmean(row[metric] for row in others):.1f}" for metric in ("exact_match", "f1"))
        table.add_section()
        table.add_row(f"mean of {len(others)} non-English", "", *means)
    return table
