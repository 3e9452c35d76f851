"""Print the tables of a study from its records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console

from xlingual.activity import doing
from xlingual.cli.output import print_json

if TYPE_CHECKING:
    from xlingual.api.numbers import Numbers
    from xlingual.api.opened_study import OpenedStudy


def opened(directory: str | Path) -> OpenedStudy:
    """Open a study, and say what is done meanwhile."""
    from xlingual.api.opened_study import open_study
    from xlingual.progress.activities import activities_shown

    with activities_shown():
        return open_study(directory)


def show_report(study: OpenedStudy, as_json: bool) -> None:
    """Print a study's tables, or with `as_json` the same as one JSON object."""
    from xlingual.progress.activities import activities_shown

    with activities_shown():
        report = study.report()
    show(report, as_json)


def show(numbers: Numbers, as_json: bool, indent: int | None = None) -> None:
    """Print tables, or with `as_json` their values."""
    if as_json:
        print_json(numbers, indent=indent)
    else:
        Console().print(numbers)


def write_html(path: Path, file: Path, stream: TextIO) -> None:
    """Write a study's report as one HTML page; a stream is told so."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.layout import StudyDirectory

    with activities_shown():
        with doing("loading what draws"):
            from xlingual.page.page import write_page
        write_page(StudyDirectory(path), file)
    print(f"wrote {file}", file=stream)
