"""Print the tables of a study from its records."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from rich.console import Console

from xlingual.activity import doing
from xlingual.cli.output import print_json


def show_report(path: Path, as_json: bool) -> None:
    """Print a study's tables, or with `as_json` the same as one JSON object."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.layout import StudyDirectory
    from xlingual.report.summary import summarize
    from xlingual.report.table import report_tables

    with activities_shown(), doing("reading the records"):
        summary = summarize(StudyDirectory(path))
    if as_json:
        print_json(summary.as_json(), indent=None)
    else:
        Console().print(report_tables(summary))


def write_html(path: Path, file: Path, stream: TextIO) -> None:
    """Write a study's report as one HTML page; a stream is told so."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.layout import StudyDirectory

    with activities_shown():
        with doing("loading what draws"):
            from xlingual.page.page import write_page
        write_page(StudyDirectory(path), file)
    print(f"wrote {file}", file=stream)
