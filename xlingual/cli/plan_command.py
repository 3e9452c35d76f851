"""`xlingual plan`: what a study would do, or the smallest difference it would find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli.options import AsJson, Overrides, StudyFile
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError
from xlingual.json_text import json_of_file

if TYPE_CHECKING:
    from xlingual.study import Plan, Study


def plan(
    study: StudyFile,
    measured: Annotated[
        list[Path] | None,
        typer.Option("--bench", metavar="FILE.json", help="Output of `bench --json`: adds hours. May be repeated."),
    ] = None,
    power: Annotated[
        bool,
        typer.Option("--power", help="Show the smallest difference that the study would find, and its cost, instead."),
    ] = False,
    like: Annotated[
        str | None,
        typer.Option(metavar="STUDY_DIR", help="With --power: take standard deviations from this finished study."),
    ] = None,
    defaults: Annotated[bool, typer.Option("--defaults", help="List every default that is filled in.")] = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show what would run: cost, arms, what is searched; with --bench, how long it takes."""
    from xlingual.report.plan_tables import plan_tables
    from xlingual.study import load_study
    from xlingual.study import plan as make_plan

    _check_power(power, like, measured)
    checked = load_study(study, overrides or ())
    planned, hours = make_plan(checked), None
    if power:
        _show_power(checked, planned, like, as_json)
        return
    from xlingual.progress.activities import activities_shown

    with activities_shown():
        with doing("loading PyTorch"):
            from xlingual.preparation.advice import advice_notes
            from xlingual.preparation.source_notes import source_notes
            from xlingual.speed.estimate import Rates, estimate

        planned = replace(planned, notes=(*planned.notes, *source_notes(checked), *advice_notes(checked)))
        if measured:
            hours = estimate(checked, [Rates.of_json(json_of_file(path), str(path)) for path in measured])
    if as_json:
        print_json(planned.as_json() | ({"estimate": hours.as_json()} if hours else {}))
    else:
        Console().print(plan_tables(planned, hours, defaults=defaults))


def _check_power(power: bool, like: str | None, measured: list[Path] | None) -> None:
    """Refuse options of `plan` that exclude each other."""
    if like and not power:
        raise XlingualError(f"--like {like}: is the source of the figures of --power; add --power, or leave it out")
    if measured and power:
        raise XlingualError("--bench: hours are not shown with --power; leave out one of the two")


def _show_power(study: Study, planned: Plan, like: str | None, as_json: bool) -> None:
    """Print the smallest detectable differences of a study's design and of larger ones, with their cost."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.report.deviations import measured, stated
    from xlingual.report.power_report import power_plan, power_table
    from xlingual.report.summary import summarize

    if like is None:
        deviations = stated(study.data.test.languages, study.data.test.paragraphs)
    else:
        with activities_shown(), doing("reading the records"):
            directory = study_directory(like)
            deviations = measured(summarize(directory), directory)
    found = power_plan(study, planned, deviations)
    if as_json:
        print_json(found.as_json())
    else:
        Console().print(power_table(found))
