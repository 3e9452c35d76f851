"""`xlingual doctor`: what a study would stumble over on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from xlingual.cli import statuses
from xlingual.cli.options import AsJson
from xlingual.cli.output import print_json

if TYPE_CHECKING:
    from xlingual.doctor import Finding


def doctor(
    storage: Annotated[
        str, typer.Option(help="Directory or URL of studies, as `run` will be given.")
    ] = "xlingual_studies",
    address: Annotated[
        str | None,
        typer.Option(help="Ray cluster to ask: auto or HOST:PORT [default: RAY_ADDRESS, or this machine's]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check this machine for what studies need: one line each, with what to do; exit status 1 if there is a problem."""
    from xlingual.doctor import PROBLEM, Asked, examine
    from xlingual.progress.activities import activities_shown

    found: list[Finding] = []
    examination, console = examine(Asked(storage, address)), Console(highlight=False)
    while True:
        with activities_shown(outermost=None):  # ends before each line, which it would overwrite on a terminal
            finding = next(examination, None)
        if finding is None:
            break
        found.append(finding)
        if not as_json:
            console.print(_text(finding), soft_wrap=True)
    if as_json:
        print_json([finding.as_json() for finding in found])
    if any(finding.state == PROBLEM for finding in found):
        raise typer.Exit(statuses.ERROR)


_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def _text(finding: Finding) -> Text:
    text = Text(finding.line())
    text.stylize(_STYLES[finding.state], 0, len(finding.state))
    return text
