"""What analyses of a study found, in sections of the page: each is there only where the study has the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xlingual.analyses.arm_ranks import outperforming, ranking
from xlingual.analyses.cost_curves import arm_hours, cost_points
from xlingual.analyses.empty_golds import empty_golds
from xlingual.analyses.selection_signal import ScoredReplicate, Signal, selection_signals
from xlingual.analyses.study_records import StudyRecords
from xlingual.figures.arms import arm_pairs, signal_scatters
from xlingual.figures.costs import cost_panels
from xlingual.page.drawings import Drawn, drawing
from xlingual.report.late_arms import shown
from xlingual.report.notes import warnings
from xlingual.report.number_format import number_cell
from xlingual.report.wide_table import Column, WideTable
from xlingual.scripts.arm_tables import (
    outperforming_table,
    pair_table,
    rank_notes,
    rank_table,
    signal_notes,
    signal_table,
)
from xlingual.scripts.cost_tables import HOURS, PARTIAL, curve_table, hours_table
from xlingual.scripts.language_tables import empty_golds_table, gap_table, worst_table

MOST_PAIRS = 28
"""Pairs of arms that a figure has room for: those of eight arms."""
MOST_SIGNALS = 4
"""Development scores that a figure has room for: the objective, then the others without those of single languages."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        id: of its heading.
        title: heading, and its link in the contents.
        text: what the reader learns from it.
        tables: to show.
        drawn: figures, with the tables of their numbers.
        notes: how to read it.
    """

    id: str
    title: str
    text: str
    tables: tuple[WideTable, ...]
    drawn: tuple[Drawn, ...] = ()
    notes: tuple[str, ...] = ()


def findings(records: StudyRecords) -> list[Section]:
    """The sections in the order of a sceptical reader's questions; every table has the report's warnings."""
    flags = warnings(records.summary)
    return [
        replace(
            one,
            tables=tuple(replace(table, warnings=flags) for table in one.tables),
            drawn=tuple(replace(each, tables=_flagged(each.tables, flags)) for each in one.drawn),
        )
        for one in (*_ranks(records), *_cost(records), *_languages(records), *_signals(records))
    ]


def _flagged(tables: Sequence[WideTable], flags: Sequence[str]) -> tuple[WideTable, ...]:
    return tuple(replace(table, warnings=flags) for table in tables)


def _ranks(records: StudyRecords) -> Iterator[Section]:
    """Ranks with tie groups, and how often an arm is better; of two scored arms or more."""
    study, late = records.summary.study, records.summary.late
    found = {study: shown(ranking(records), late)}
    pairs = found[study].pairs
    if not pairs:
        return
    better = {study: shown(outperforming(records), late)}
    numbers = pair_table(found)
    tables = [rank_table({study: records}, found), *([outperforming_table(better)] if better[study] else [])]
    drawn = drawing(
        arm_pairs(found),
        "arm-pairs",
        "Differences of every pair of arms, with intervals that are not adjusted",
        "A filled mark is called a difference. The table below holds the numbers.",
    )
    yield Section(
        "ranks",
        "Ranks and ties",
        "Which arms are called different, and how often one repetition of an arm scores higher than one of the arm it "
        "is compared with.",
        tuple(tables) if len(pairs) <= MOST_PAIRS else (*tables, numbers),
        (Drawn(drawn, (numbers,)),) if len(pairs) <= MOST_PAIRS else (),
        tuple(rank_notes(found)),
    )


def _cost(records: StudyRecords) -> Iterator[Section]:
    """Development scores against updates, passes and device hours; where a replicate has reported."""
    summary = records.summary
    study, objective = summary.study, summary.objective
    points = shown(cost_points(records), summary.late)
    if not points:
        return
    drawn = drawing(
        cost_panels({study: points}, {study: objective}),
        "costs",
        f"{objective} of the replicates against updates, passes and device hours",
        "Lines are means, bands reach from the lowest replicate to the highest. The table below holds the numbers.",
    )
    yield Section(
        "cost",
        "Cost",
        "Whether the arms were searched and trained for the same price, and what each score took.",
        (hours_table({study: shown(arm_hours(records), summary.late)}),),
        (Drawn(drawn, (curve_table(study, summary, points),)),),
        (PARTIAL, HOURS),
    )


def _languages(records: StudyRecords) -> Iterator[Section]:
    """Worst language and transfer gap of every arm; where languages but the source were scored."""
    studies = {records.summary.study: records}
    vanished = empty_golds_table(studies) if any((empty_golds(records) or {}).values()) else None
    tables = [table for table in (worst_table(studies), gap_table(studies), vanished) if table is not None]
    if tables:
        yield Section(
            "languages",
            "Worst language and transfer gap",
            "Whether a mean hides a language that is left behind, and how far scores fall from the source language to "
            "the others. An arm can close that gap by losing in the source.",
            tuple(tables),
            notes=("Intervals are not adjusted for the number of arms, and no verdict rests on them.",),
        )


def _signals(records: StudyRecords) -> Iterator[Section]:
    """Rank correlations of development scores with the first test score; where there are enough replicates."""
    summary = records.summary
    found = selection_signals(records)
    mine = shown([one for one in found if one.test == found[0].test], summary.late)
    if all(one.overall.rho is None for one in mine):
        return
    chosen = [one for one in mine if one.development.count(".") < 2][:MOST_SIGNALS]
    drawn = drawing(
        signal_scatters({summary.study: chosen}, summary.metrics.headline.title),
        "signals",
        "Development scores against the test score of every replicate",
        "A mark is a replicate, its shape and colour the arm. The table below holds the numbers.",
    )
    studies = {summary.study: records}
    yield Section(
        "signal",
        "Selection signal",
        "Whether the development score that chose the configurations orders the models as the test does, and whether "
        "another one would have done better.",
        (signal_table(studies, {summary.study: mine}),),
        (Drawn(drawn, (_replicates(summary.study, chosen),)),),
        tuple(signal_notes(studies)),
    )


def _replicates(study: str, signals: Sequence[Signal]) -> WideTable:
    """The scores of every replicate that a figure of signals shows."""
    points: dict[tuple[str, int], dict[str, ScoredReplicate]] = {}
    for signal in signals:
        for point in signal.points:
            points.setdefault((point.arm, point.seed), {})[signal.development] = point
    columns = [
        Column("seed", [str(seed) for _, seed in points]),
        *(
            Column(one.development, [_development(of.get(one.development)) for of in points.values()])
            for one in signals
        ),
        Column(f"test, {signals[0].test}", [number_cell(next(iter(of.values())).test) for of in points.values()]),
    ]
    title = f"{study}: development and test scores of the replicates in percent"
    return WideTable(title, (), Column("arm", [arm for arm, _ in points]), [columns])


def _development(point: ScoredReplicate | None) -> str:
    return number_cell(None if point is None else point.development)
