"""`xlingual control`: ask something of a study that may be running, and see what was asked."""

from __future__ import annotations

from typing import Annotated

import typer

from xlingual.cli.options import AsJson, StudyDir
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError


def control(
    study_dir: StudyDir,
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="[ACTION]",
            help="stop, pause or resume (an arm), trials, seeds or concurrent (a number), or retry; none: list.",
        ),
    ] = None,
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", help="The arm, the number (concurrent: or auto), or the trial.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Retry all trials and replicates that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop or pause an arm of a running study, add trials or seeds, retry what failed, change what runs in parallel.

    The request is written beside the records. The command that runs the study takes it up within seconds; where none
    does, the next one. Without ACTION, list the requests and what became of each.
    """
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.control import FORMS, request, requests
    from xlingual.records.layout import StudyDirectory
    from xlingual.records.lock import is_held

    if failed != (action == "retry" and value is None):
        raise XlingualError(f"{' '.join(filter(None, (action, value, '--failed' if failed else '')))}: write {FORMS}")
    with activities_shown():
        directory = StudyDirectory(study_directory(study_dir))
        made = None if action is None else request(directory, action, value)
        found = requests(directory) if made is None else (made,)
        runs = is_held(directory.lock)
    if as_json:
        print_json([one.as_json() for one in found] if made is None else made.as_json())
    elif made is not None:
        then = "the command that runs the study takes it up within seconds" if runs else "the next `run` takes it up"
        print(f"{made.request.text}: {made.request.origin}; {then} (see `xlingual status {study_dir}`)")
    else:
        from xlingual.report.status import asked_text

        print("\n".join(asked_text(one) for one in found) or f"{study_dir}: nothing was asked of this study")
