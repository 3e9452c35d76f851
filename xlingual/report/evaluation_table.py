"""A checkpoint's scores per language as a table, with published ones beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from xlingual.evaluation.intervals import CONFIDENCE, PAIR_GROUPS
from xlingual.evaluation.result import Evaluation, Mean
from xlingual.report.character_table import CHARACTERS
from xlingual.report.published import PublishedRow, PublishedScore, is_part, published_name_of, published_rows
from xlingual.report.wide_table import Column, WideTable
from xlingual.statistics.one_sample import Estimate
from xlingual.task_metrics import SQUAD

NO_WIDTH = 1e-9
"""In percentage points: standard errors below it are rounding errors."""

SHARES = (
    "illegal: the answer is empty or missing, or is not in the context, character for character. "
    "normalised: it is illegal by its Unicode form or spaces alone. accidental translation: it is illegal otherwise, "
    "and in another script than the context (arXiv 2010.11934, section 5); a translation into English does not show "
    "where the context is in Latin script."
)

NO_LABEL = "illegal: the answer is none of the labels; it counts as wrong."


def evaluation_table(evaluation: Evaluation, published: Sequence[PublishedRow] = ()) -> RenderableType:
    """Draw scores in percent per language and their means, and name the folder of the predictions.

    Args:
        evaluation: what was measured.
        published: rows of one model, one per source; shown beside measured scores and part of no mean.
    """
    part = f", {evaluation.part}" if evaluation.part else ""
    title = f"{evaluation.benchmark.title}{part}: {evaluation.model}"
    published = [row for row in published if any(_beside(evaluation, row))]
    first = Column("language", [*evaluation.scores, *(_name(evaluation, mean) for mean in evaluation.means)])
    groups = [*_measured(evaluation), *(_published(evaluation, n, row) for n, row in enumerate(published, start=1))]
    lines = [f"{_name(evaluation, mean)}: over {mean.over}" for mean in evaluation.means]
    lines += _about_intervals(evaluation)
    lines += [f"[{n}] published, not measured here: {row.note}" for n, row in enumerate(published, start=1)]
    found = {name for scores in evaluation.scores.values() for name in scores}
    lines += [CHARACTERS] if found & {*evaluation.metrics.partial_names} else []
    if found & {*evaluation.metrics.share_names}:
        lines.append(SHARES if evaluation.metrics.task == SQUAD.task else NO_LABEL)
    lines += [f"note: {note}" for note in evaluation.notes]
    lines.append(f"predictions are kept in {evaluation.kept}" if evaluation.is_kept else "predictions are not kept")
    return Group(WideTable(title, (), first, groups), Text(), *(Text(line) for line in lines))


def published_beside(
    evaluation: Evaluation, model: str | None, asked: str | None
) -> tuple[tuple[PublishedRow, ...], list[str]]:
    """Published rows to show beside an evaluation, and why rows that were asked for by name are not.

    Args:
        evaluation: what was measured.
        model: as asked; rows of a pretrained model on the hub are known by its id.
        asked: the name of other rows.
    """
    name = published_name_of(model or "", asked)
    benchmark = evaluation.benchmark
    if name is None or not benchmark.published:
        return (), []
    counts = {language: int(scores["questions"]) for language, scores in evaluation.scores.items()}
    if any(is_part(benchmark, language, count) for language, count in counts.items()):
        note = f"published scores of {name} are of all of {benchmark.title} and are not shown beside a part"
        return (), [note] if asked else []
    rows = published_rows(benchmark, name)
    if asked and not any(any(_beside(evaluation, row)) for row in rows):
        return rows, [f"no zero-shot scores of {name} are published in {', '.join(evaluation.scores)}"]
    return rows, []


def _name(evaluation: Evaluation, mean: Mean) -> str:
    languages = evaluation.benchmark.languages
    codes = dict.fromkeys((evaluation.source_language, *evaluation.benchmark.optional))
    without = "".join(f", no {code}" for code in codes if code in languages and code not in mean.languages)
    return f"mean of {len(mean.languages)}{without}"


def _measured(evaluation: Evaluation) -> list[list[Column]]:
    rows = [*evaluation.scores.values(), *(mean.scores for mean in evaluation.means)]
    metrics = evaluation.metrics
    groups = [[Column(metrics.words.examples, _texts(rows, "questions", 0))]]
    if any(row.get("missing") for row in rows):
        groups[0].append(Column("without\nanswer", _texts(rows, "missing", 0)))
    of_metrics = [[(one.name, one.title)] for one in (*metrics.metrics, *metrics.partial)]
    for columns in (*of_metrics, [(share.name, _share_header(share.title)) for share in metrics.shares]):
        if any(name in row for row in rows for name, _ in columns):
            drawn = [[Column(title, _texts(rows, name, 1)), *_errors(evaluation, name)] for name, title in columns]
            groups.append([column for of_metric in drawn for column in of_metric])
    return groups


def _share_header(title: str) -> str:
    """The title of a share as a header of at most two lines: "illegal:" above "normalised %"."""
    *before, last = title.rsplit(" ", 1)
    return "\n".join([*before, f"{last} %"])


def _errors(evaluation: Evaluation, metric: str) -> list[Column]:
    """Columns of a metric's standard errors and intervals; none if no row of the table has them."""
    found = [evaluation.intervals.of(languages).get(metric) for languages in _rows(evaluation)]
    if not any(one is not None and one.error is not None for one in found):
        return []
    errors = ["" if one is None or one.error is None else f"{one.error:.2f}" for one in found]
    return [Column("standard\nerror", errors), Column(f"{CONFIDENCE:.0%}\ninterval", [_bounds(one) for one in found])]


def _bounds(estimate: Estimate | None) -> str:
    bounds = estimate.interval(CONFIDENCE) if estimate is not None else None
    return f"[{bounds[0]:.1f}, {bounds[1]:.1f}]" if bounds else ""


def _rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """The languages of every row of the table."""
    return [*((code,) for code in evaluation.scores), *(mean.languages for mean in evaluation.means)]


def _about_intervals(evaluation: Evaluation) -> list[str]:
    """What the intervals cover, and what they do not."""
    precision = evaluation.intervals
    estimates = [one for metrics in precision.estimates.values() for one in metrics.values()]
    bounds = [one.interval(CONFIDENCE) for one in estimates]
    if not estimates:
        return []
    alone = f"no interval of a language with a single {precision.grouped_by.removesuffix('s')}"
    known = [one for one, found in zip(estimates, bounds, strict=True) if found is not None]
    if not known:
        return [alone]
    counts = sorted({one.clusters for one in known})
    clusters = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    lines = [f"{alone}, or of a mean over it"] if len(known) < len(estimates) else []
    lines += [
        f"{CONFIDENCE:.0%} intervals by Student's t over {clusters} {precision.grouped_by}: they cover other "
        f"{precision.grouped_by}, not another training; under another seed a model may differ by more"
    ]
    if precision.grouped_by == PAIR_GROUPS:
        lines.append("pairs that share a sentence, directly or over other pairs, are a group")
    elif not precision.by_article:
        lines.append(
            "the data does not name all articles, so questions are grouped by paragraph; intervals by article would be "
            "wider"
        )
    if any(one.error is not None and one.error < NO_WIDTH for one in estimates):
        lines.append(
            f"an interval of no width: all {precision.grouped_by} have the same mean score, which does not show how "
            "much others would differ"
        )
    if any(one is not None and not 0.0 <= one[0] <= one[1] <= 100.0 for one in bounds):
        lines.append("an interval that reaches below 0 or above 100 is approximate")
    return lines


def _texts(rows: Sequence[Mapping[str, float]], name: str, digits: int) -> list[str]:
    return [f"{row[name]:.{digits}f}" if name in row else "" for row in rows]


def _published(evaluation: Evaluation, number: int, row: PublishedRow) -> list[Column]:
    beside = _beside(evaluation, row)
    return [
        Column(
            f"published\n{metric.short} [{number}]", [_cell(one, metric.name) for one in beside], ["dim"] * len(beside)
        )
        for metric in evaluation.metrics.metrics
        if row.has(metric.name)
    ]


def _beside(evaluation: Evaluation, row: PublishedRow) -> list[PublishedScore | None]:
    """Published score of each row of the table; None if there is none."""
    means = [_published_mean(row, mean) for mean in evaluation.means]
    return [*(row.scores.get(language) for language in evaluation.scores), *means]


def _cell(score: PublishedScore | None, metric: str) -> str:
    value = None if score is None else score[metric]
    return "-" if value is None else f"{value:.1f}"


def _published_mean(row: PublishedRow, mean: Mean) -> PublishedScore | None:
    """The published mean over exactly these languages: as published, or computed from published languages."""
    key = next((key for key, languages in row.averages.items() if set(languages) == set(mean.languages)), None)
    if key is not None and key in row.means:
        return row.means[key]
    found = {metric: row.mean_over(mean.languages, metric) for metric in row.metrics}
    return found if any(value is not None for value in found.values()) else None
