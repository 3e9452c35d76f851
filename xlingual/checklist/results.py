"""Development and test scores: of every replicate, and their means and spread."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from xlingual.checklist.answers import UNKNOWN, Facts, Statement, facts
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, StudyState
from xlingual.report.differences import MEAN
from xlingual.report.interval_notes import signature
from xlingual.report.number_format import difference_cell, mean_cell, number_cell
from xlingual.report.summary import Summary


def development(place: StudyDirectory, state: StudyState, summary: Summary) -> Facts:
    """The development scores that belong to each test score, in percent."""
    rows = []
    for name, arm in summary.arms.items():
        chosen = {winner.search: winner.objective for winner in arm.winners}
        for one in (one for one in state.replicates if one.arm == name):
            reports = journal.read(place.trial(one.fingerprint).reports)
            own = reports[-1]["objective"] if reports and one.state == "finished" else None
            cells = [number_cell(each) for each in (chosen.get(one.search), own, _test(one, summary))]
            rows.append((name, one.search, one.seed, *cells))
    metric = summary.metrics.headline.title
    columns = (
        "arm", "search", "seed", "development, chosen trial", "development, replicate",
        f"test, {summary.non_source} {metric}",
    )  # fmt: skip
    title = f"{summary.objective} and test scores in percent"
    return facts(title, columns, rows, "journal.jsonl", "trials/*/reports.jsonl")


def _test(replicate: ReplicateState, summary: Summary) -> float | None:
    """Mean of the headline metric over the target languages, as recorded when the test set was read."""
    scores = replicate.scores.get(summary.test_set, {})
    found = [scores.get(language, {}).get(summary.headline) for language in summary.targets]
    known = [score for score in found if score is not None]
    return fmean(known) if known and len(known) == len(found) else None


def spread(summary: Summary) -> Facts:
    """Mean and standard deviation of each arm on each test set, and the difference with its interval."""
    rows: list[tuple[Any, ...]] = []
    for one in (summary, *summary.others):
        for name, arm in one.arms.items():
            for metric in one.metrics.ranked:
                gap = one.differences.get(name, {}).get(MEAN, {}).get(metric)
                compared = difference_cell(gap) if arm.against else "baseline"
                title = one.metrics[metric].title
                rows.append((one.test_set, name, title, len(arm.units), mean_cell(arm.mean(metric)), compared))
    columns = ("test set", "arm", "metric", "n", "mean ± standard deviation", "difference [95% interval], * real")
    return facts(f"mean over {summary.non_source} languages, in percent", columns, rows, "trials/*/predictions/")


def units(summary: Summary) -> Statement:
    """What n is a number of, and how an interval is made."""
    kinds = {arm.unit for arm in summary.arms.values() if arm.units}
    each = " or ".join(sorted(kinds)) or UNKNOWN
    return Statement(
        f"n counts the units of an arm, each a {each}; ± is the standard deviation over them; intervals cover units "
        f"crossed with {summary.clustered_by} (Student's t), stars are adjusted for the number of arms (Holm); "
        f"signature: {signature(summary)}",
        ("trials/*/predictions/", "ledger.jsonl"),
    )


def measure(summary: Summary) -> Statement:
    """The metrics and who defines them."""
    sets = (summary, *summary.others)
    said = [f"on {one.test_set} {one.metrics.described} (headline {one.metrics.headline.title})" for one in sets]
    return Statement(f"metrics: {'; '.join(said)}", ("study.json",))
