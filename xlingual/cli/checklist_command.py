"""`xlingual checklist`: what conferences ask of an experiment, answered from its records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli.options import AsJson, StudyDir
from xlingual.cli.output import print_json


def checklist(
    study_dir: StudyDir,
    file: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE.md", help="Write it as Markdown instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fill in the ARR Responsible NLP and NAACL reproducibility checklists as far as a study's records know."""
    from xlingual.checklist import checklist_of
    from xlingual.checklist.markdown import markdown
    from xlingual.checklist.text import checklist_text
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.files import write_text
    from xlingual.records.layout import StudyDirectory

    with activities_shown():
        place = study_directory(study_dir)
        with doing("reading the records"):
            found = checklist_of(StudyDirectory(place))
    if file is not None:
        write_text(file, markdown(found))
    if as_json:
        print_json(found.as_json())
    elif file is not None:
        print(f"{file}: {len(found.answers)} questions, {len(found.left)} of them left to you in whole or in part")
    else:
        Console(highlight=False).print(checklist_text(found))
