"""What the searches did, as drawings with the tables of their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlingual.analyses.best_score import BestScores, best_scores
from xlingual.analyses.importance import SHUFFLES, ArmImportance, importance_of
from xlingual.analyses.trial_table import TrialTable, Value, trial_tables
from xlingual.figures.searches import best_curves, importance_bars, parallel_coordinates
from xlingual.page.drawings import Drawn, drawing
from xlingual.records.state import StudyState
from xlingual.report.late_arms import shown
from xlingual.report.number_format import NOTHING, number_cell
from xlingual.report.wide_table import Column, WideTable
from xlingual.study.objectives import recorded_objective


def search_drawings(state: StudyState) -> list[Drawn]:
    """The best scores by trials, what mattered, and the trials of each arm that searches anything."""
    objective = recorded_objective(state.study)
    tables = trial_tables(state)
    curves = shown(best_scores(state), state.late_arms)
    important = [shown(found, state.late_arms) for table in tables if (found := importance_of(table)) is not None]
    drawn = []
    if tables and curves:
        drawn.append(
            Drawn(
                drawing(
                    best_curves(curves, objective),
                    "best-scores",
                    f"Best {objective} against the number of trials",
                    "A search that still rises at its last trial would have found more with a larger budget. The table "
                    "below holds the numbers.",
                ),
                (_best_table(state.name, objective, curves),),
            )
        )
    for number, one in enumerate(important, start=1):
        drawn.append(
            Drawn(
                drawing(
                    importance_bars([one]),
                    f"importance-{number}",
                    f"{one.arm}: searched parameters that {objective} depends on (PED-ANOVA)",
                    "A parameter whose bar ends before its mark matters no more than chance would show. Only trials "
                    "that were trained to the end count. The table below holds the numbers.",
                ),
                (_importance_table(state.name, one),),
            )
        )
    return [*drawn, *_trials(state, objective, tables)]


def _trials(state: StudyState, objective: str, tables: Sequence[TrialTable]) -> Iterator[Drawn]:
    for number, table in enumerate(tables, start=1):
        chosen = {(search, trial.number) for search, trial in state.chosen_trials(table.arm).items()}
        table = shown(table, state.late_arms)
        yield Drawn(
            drawing(
                parallel_coordinates(table, objective, chosen),
                f"trials-{number}",
                f"{table.arm}: the values and {objective} of every trial",
                "Each line is a trial, each axis a searched parameter. The table below holds the numbers.",
                scale=True,
            ),
            (_trial_table(state.name, objective, table, chosen),),
        )


def _best_table(study: str, objective: str, curves: Sequence[BestScores]) -> WideTable:
    columns = []
    for curve in curves:
        if curve.independent:
            columns.append((f"{curve.arm}\nexpected", list(map(number_cell, curve.expected))))
        else:
            several = len(curve.incumbents) > 1
            columns += [
                (f"{curve.arm}\nsearch {search}" if several else curve.arm, list(map(number_cell, scores)))
                for search, scores in curve.incumbents.items()
            ]
    most = max(len(cells) for _, cells in columns)
    padded = [Column(name, [*cells, *[NOTHING] * (most - len(cells))]) for name, cells in columns]
    title = f"{study}: best {objective} in percent after that many trials"
    return WideTable(title, (), Column("trials", [str(number) for number in range(1, most + 1)]), [padded])


def _importance_table(study: str, arm: ArmImportance) -> WideTable:
    rows = arm.parameters
    columns = [
        Column("share in percent", [number_cell(100 * one.share) for one in rows]),
        Column("importance", [f"{one.importance:.3g}" for one in rows]),
        Column("by chance", [f"{one.chance:.3g}" for one in rows]),
        Column("beyond chance", ["yes" if one.beyond_chance else "no" for one in rows]),
    ]
    title = (
        f"{study}: importance of the parameters of {arm.arm}, the best {arm.top} of {arm.trials} full trainings "
        f"against all; by chance: the largest after {SHUFFLES} shufflings of the scores"
    )
    return WideTable(title, (), Column("parameter", [one.name for one in rows]), [columns])


def _trial_table(study: str, objective: str, table: TrialTable, chosen: set[tuple[int, int]]) -> WideTable:
    rows = table.rows
    columns = [
        Column("state", [row.state for row in rows], justify="left"),
        Column("chosen", ["yes" if (row.search, row.number) in chosen else "" for row in rows], justify="left"),
        Column(objective, [number_cell(row.objective) for row in rows]),
        *(
            Column(axis.name.replace(".", ".\n"), [_value(row.values.get(axis.name)) for row in rows])
            for axis in table.axes
        ),
    ]
    first = Column("search/trial", [f"{row.search}/{row.number}" for row in rows])
    return WideTable(f"{study}: trials of {table.arm}", (), first, [columns])


def _value(value: Value | None) -> str:
    return NOTHING if value is None else value if isinstance(value, str) else f"{value:.3g}"
