"""`xlingual inspect`: the answers themselves."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli.options import AsJson, StudyDir, arms_of
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError


def inspect(
    study_dir: StudyDir,
    arm: Annotated[
        str | None,
        typer.Option(
            metavar="ARM", autocompletion=arms_of, help="Whose answers [default: the first arm but the baseline]."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="ARM", autocompletion=arms_of, help="Beside them [default: the arm it is compared with]."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODES", help="Comma-separated codes, A-B for two languages, or all [default: the first target]."
        ),
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="SET", help="One of the study's test sets [default: the headline].")
    ] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Only questions that ARM did not answer fully right.")] = False,
    differ: Annotated[bool, typer.Option("--differ", help="Only questions on which the two scores differ.")] = False,
    search: Annotated[
        int | None, typer.Option(metavar="N", help="Answers of this search's choice [default: the first].")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Answers of this seed [default: the first].")] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="Most questions of each language.")] = 3,
    data: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Where the test set is now [default: where the study says].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show questions, passages and answers of finished replicates, two arms beside each other."""
    from xlingual.inspection import InspectionRequest, inspection_table
    from xlingual.inspection import inspect as inspected
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.layout import StudyDirectory

    if wrong and differ:
        raise XlingualError("--wrong, --differ: these are different questions; write one of the two")
    if limit < 1:
        raise XlingualError(f"--limit {limit}: write a number from 1 on")
    asked = InspectionRequest(
        arm=arm,
        against=against,
        test_set=on,
        languages=language,
        only="wrong" if wrong else "differ" if differ else None,
        search=search,
        seed=seed,
        limit=limit,
        data=data,
    )
    with activities_shown():
        place = study_directory(study_dir)
        with doing("reading the records"):
            found = inspected(StudyDirectory(place), asked)
    if as_json:
        print_json(found.as_json())
    else:
        Console(highlight=False).print(inspection_table(found))
