"""What a study found, as trackers show it: the numbers of its report in one table."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from xlingual.records.layout import StudyDirectory
from xlingual.report.differences import MEAN
from xlingual.report.summary import Summary, summarize
from xlingual.trackers.run import Point, Table


def final_results(directory: StudyDirectory, number: int, time: float) -> tuple[Table, tuple[Point, ...]]:
    """The final table of a study, and its means as one point.

    Args:
        directory: the study's.
        number: how often its test stage has ended; those of a study that was added to follow the earlier ones.
        time: when it has ended last.

    Raises:
        RecordError: when a record is broken or missing.
    """
    summary = summarize(directory)
    sets = (summary, *summary.others)
    languages = tuple(dict.fromkeys(language for one in sets for language in one.languages))
    columns = ("test set", "metric", "arm", *languages, "mean", "difference", "low", "high")
    table = Table(columns, tuple(row for one in sets for row in _rows(one, languages)))
    means = {
        f"{one.test_set}/{metric}/{arm.name}": fmean(mean)
        for one in sets
        for metric in one.metrics.ranked
        for arm in one.arms.values()
        if (mean := arm.mean(metric))
    }
    return table, (Point(f"means {number}", number - 1, time, means),) if means else ()


def _rows(summary: Summary, languages: tuple[str, ...]) -> Iterator[tuple[str | float | None, ...]]:
    """A row for each metric and arm: means over searches, and the difference of means with its interval."""
    for metric in summary.metrics.ranked:
        for arm in summary.arms.values():
            scores = [arm.scores[language].of(metric) if language in arm.scores else () for language in languages]
            gap = summary.differences.get(arm.name, {}).get(MEAN, {}).get(metric)
            compared = (None, None, None) if gap is None else (gap.estimate, gap.low, gap.high)
            means = (fmean(one) if one else None for one in (*scores, arm.mean(metric)))
            yield (summary.test_set, metric, arm.name, *means, *compared)
