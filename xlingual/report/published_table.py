"""Published scores in a report: names of their rows, distances from them, and notes on both."""

from __future__ import annotations

from collections.abc import Sequence

from xlingual.report.distances import obstacle
from xlingual.report.number_format import signed
from xlingual.report.published import PublishedRow, mean_names
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable

PUBLISHED = "published"


def label(summary: Summary, row: PublishedRow) -> str:
    """Name of a published row, with the number of its note, marked if the arms were scored on a part."""
    whole = "" if summary.paragraph_cap is None else ", all questions"
    return f"{PUBLISHED}{whole}: {row.model} [{summary.number(row)}]"


def distance_table(summary: Summary, metric: str, flags: Sequence[str]) -> WideTable | None:
    """Arms and the published rows of their models by languages; None if there are no distances.

    Args:
        summary: of the study.
        metric: name of one.
        flags: lines under the title.
    """
    found = [
        one for one in summary.distances if any(metric in cell for cell in (*one.scores.values(), *one.means.values()))
    ]
    if not found:
        return None
    groups = [
        [Column(language, [signed(one.scores.get(language, {}).get(metric)) for one in found])]
        for language in summary.languages
        if any(language in one.scores for one in found)
    ]
    for key, header in mean_names(summary.benchmark).items():
        if any(metric in one.means.get(key, {}) for one in found):
            groups.append([Column(header, [signed(one.means.get(key, {}).get(metric)) for one in found])])
    what = summary.metrics[metric].title
    title = (
        f"{summary.study}: {what} of arms that saw English alone minus published "
        f"{what}, in percentage points; means over seeds, no interval"
    )
    names = [f"{one.arm} - [{summary.number(one.row)}]" for one in found]
    return WideTable(title, flags, Column("arm", names), groups)


def published_notes(summary: Summary) -> list[str]:
    """Sentences on published rows: numbered sources, and the arms without a distance with the reason."""
    if not summary.published:
        return []
    lines = [
        "Rows marked published are what others report of the same pretrained model, fine-tuned on English alone. They "
        "are part of no mean, interval or difference of arms; their training, lengths and code may differ from these. "
        "A mean that a source does not state is that of its languages."
    ]
    lines += [f"[{number}] {row.note}." for number, row in enumerate(summary.published, start=1)]
    if summary.oracle:
        return [*lines, "No distance from published scores: the search saw the test set."]
    reasons: dict[str, list[str]] = {}
    for arm in summary.arms.values():
        reason = obstacle(arm, summary.benchmark)
        if arm.published is not None and reason is not None:
            reasons.setdefault(reason, []).append(arm.name)
    lines += [f"No distance from published scores: {', '.join(arms)} ({reason})." for reason, arms in reasons.items()]
    return lines
